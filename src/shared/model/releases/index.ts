/**
 * Releases known by name whose config.json is kept instead of a model written out: the fields that decide sizes, as those files
 * give them, read like any file a person brings. What a file leaves out takes the default of its class. Parameters of each equal
 * transformers' own count (test/fixtures/models/configurations.json). `read` says where a copy of the file was found to give the
 * dtype; the other dtypes are as those files are known, and not verified.
 */
import { DENSE } from './dense';
import { EXPERTS } from './experts';
import type { ConfiguredRelease } from './fields';
import { OLDER } from './older';

export const CONFIGURED: Readonly<Record<string, ConfiguredRelease>> = {
  ...DENSE,
  ...EXPERTS,
  ...OLDER,
};
