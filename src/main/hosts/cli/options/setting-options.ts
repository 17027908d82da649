/** The options of settings, read off their table: how they are declared to the parser, and how what was typed is read. */
import { type Command, Option } from 'commander';
import {
  RUN_SETTINGS,
  type RunSpec,
  SETTING_NAMES,
  type SettingFlag,
  type SettingName,
} from '../../../../shared/model/settings';

type Camel<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Text;
type Attribute<Flag extends string> = Flag extends `--${infer Name}` ? Camel<Name> : never;
type Typed<Value> = Value extends boolean
  ? string | boolean
  : Value extends readonly string[]
    ? readonly string[]
    : string;

/** What was typed, by the names that the parser makes of flags: --grad-accum is gradAccum. */
export type SettingOptions = {
  readonly [Name in SettingName as Attribute<SettingFlag<Name>>]?: Typed<Required<RunSpec>[Name]>;
};

/** Known to `record --bundled` alone. */
export const BUNDLED_SETTINGS = SETTING_NAMES.filter(
  (name) => RUN_SETTINGS[name].option.bundledOnly,
);

export function addSettingOptions(command: Command, names: readonly SettingName[]): Command {
  for (const name of orderForHelp(names)) {
    const { flag, takes, help, repeats } = RUN_SETTINGS[name].option;
    const flags = takes === undefined ? flag : `${flag} ${takes}`;
    if (repeats) command.option(flags, help, collect);
    else command.option(flags, help);
  }
  return command;
}

/** The settings among `names` that were given, and no others. Throws `bad_input` for a value no setting can have. */
export function readSettings(
  options: SettingOptions,
  names: readonly SettingName[],
): Partial<RunSpec> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const { kind, option } = RUN_SETTINGS[name];
      const typed = typedFor(options, option.flag);
      if (typed === undefined) return [];
      // A switch is on, and what may be given again is a list already.
      return [[name, typeof typed === 'string' ? kind.parse(option.flag, typed) : typed]];
    }),
  );
}

/** What was typed for the option with this flag. */
export function typedFor(options: object, flag: string): unknown {
  return (options as Readonly<Record<string, unknown>>)[new Option(flag).attributeName()];
}

/** For an option that may be given again. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The order of the table, but for options that stand behind another. */
function orderForHelp(names: readonly SettingName[]): readonly SettingName[] {
  const { option: ordered = [], after = [] } = Object.groupBy(names, (name) =>
    RUN_SETTINGS[name].option.after === undefined ? 'option' : 'after',
  );
  for (const name of after) {
    const { option } = RUN_SETTINGS[name];
    const place = ordered.findIndex((each) => RUN_SETTINGS[each].option.flag === option.after);
    ordered.splice(place + 1, 0, name);
  }
  return ordered;
}
