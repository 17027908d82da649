/** Why a source had no reading, in words. */
import type { AbsentReason } from '../base/vocabulary';

const REASONS: Readonly<Record<AbsentReason, string>> = {
  damaged: 'its samples are damaged in the file',
  hidden: 'the driver hides it from here',
  lost: 'the source stopped answering',
  not_permitted: 'this user may not read it',
  not_read: 'it could not be read',
  not_supported: 'the device does not tell it',
};

export const formatReason = (reason: AbsentReason): string => REASONS[reason];
