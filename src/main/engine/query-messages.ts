/** What the engine and its thread for questions say to each other. */
import type { FailureInfo } from '../../shared/base/failure';
import type { QueryMethod } from './query-methods';

export type ToThread =
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly method: QueryMethod;
      readonly question: unknown;
    }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Close every file; answered like a question. */
  | { readonly kind: 'letGo'; readonly id: number }
  | { readonly kind: 'end' };

export type FromThread =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: FailureInfo }
  /** With its stack. */
  | { readonly kind: 'bug'; readonly id: number; readonly error: unknown };
