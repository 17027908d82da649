/** What was allocated at the peak, by who asked for it: from a file that tells every allocation with its stack. */
import type { Bytes, Micros } from '../base/units';

export interface AllocationSite {
  /** `file.py:12 function`, or the words for what has no stack. */
  readonly label: string;
  readonly bytes: Bytes;
  readonly blocks: number;
}

export interface AliveBlock {
  readonly label: string;
  readonly bytes: Bytes;
  /** When it was allocated; null where that was before the first event. */
  readonly since: Micros | null;
}

/** The bytes of `sites`, of `categories` where there are any, and `beforeBytes` each add up to `bytes`. */
export interface AllocationLedger {
  /** The moment of the peak. */
  readonly at: Micros;
  readonly rank: number;
  readonly bytes: Bytes;
  /** Of it allocated before the first event, by whom is not told. */
  readonly beforeBytes: Bytes;
  /** By the line of the program that asked, largest first; the rest as one row. */
  readonly sites: readonly AllocationSite[];
  /** By the words that the program itself gave to its allocations; empty where it gave none. */
  readonly categories: readonly AllocationSite[];
  /** The largest blocks that were alive. */
  readonly blocks: readonly AliveBlock[];
}
