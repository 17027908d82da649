/** A session that was deleted and can be had back. */
import type { Bytes } from '../base/units';

export interface TrashedSession {
  readonly id: string;
  /** Null where its file cannot be read. */
  readonly name: string | null;
  /** ISO 8601, a day. */
  readonly deletedOn: string;
  readonly bytes: Bytes;
}
