/** What the parts of a ledger are called for people. */
import type { LedgerKind } from '../divergence/overlay/types';

export const LEDGER_NAMES: Readonly<Record<LedgerKind, string>> = {
  predicted: 'predicted',
  allocator_rounding: 'allocator rounding',
  allocator_reserve: 'allocator reserve',
  fragmentation: 'fragmentation',
  context: 'context and libraries',
  other_process: 'other processes',
  preallocated_pool: 'preallocated pool',
  setting: 'another setting',
  leak: 'leak',
  unexplained: 'unexplained',
};
