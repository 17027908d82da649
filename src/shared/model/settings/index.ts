/**
 * The settings of a run, one row each: the kind of its values, its default, what refuses it, its option on the terminal
 * and its words. What a run is, what it is where nothing is said, which runs are refused, the options that the terminal
 * takes and the fields of forms are all read off this table, so that a new setting is a new row.
 *
 * Rows stand in the order of the documents in which runs are stored and shown.
 */
import { DEVICES } from './devices';
import { EVERY_RUN } from './every-run';
import type { Kind } from './kinds';
import { SERVING } from './serving';
import type { Setting } from './setting';
import { TOKENS } from './tokens';
import { TRAINING } from './training';

const TABLE = { ...EVERY_RUN, ...TOKENS, ...TRAINING, ...DEVICES, ...SERVING };

type Table = typeof TABLE;
type Optional = typeof TOKENS & typeof TRAINING & typeof DEVICES & typeof SERVING;
type Values<Rows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends { kind: Kind<infer T> } ? T : never;
};

/** What a run does: every setting that has a default, and of the others those it was given. */
export interface RunSpec extends Values<typeof EVERY_RUN>, Partial<Values<Optional>> {}

export type SettingName = keyof Table;
export const SETTING_NAMES = Object.keys(TABLE) as SettingName[];

/** The flag of a setting on the terminal, as the type of its text. */
export type SettingFlag<Name extends SettingName> = Table[Name]['option']['flag'];

/** Rows by name; each takes a whole run for what it asks of other settings. */
export const RUN_SETTINGS: {
  readonly [Name in SettingName]: Setting<Required<RunSpec>[Name], RunSpec>;
} = TABLE;

/** Settings that every run has and a plan can say; those of the bundled workload alone change no prediction. */
export const COMMON_SETTINGS: readonly SettingName[] = SETTING_NAMES.filter(
  (name) => !RUN_SETTINGS[name].option.bundledOnly,
);
