/**
 * A row of the table of settings: all there is to know of one setting of a run. A setting that has a default is in every
 * run; any other is in those it was given for.
 *
 * A row says by the type of `run` which other settings its default and its check ask for, so that rows can lie in several
 * files and what a run is can be derived from all of them.
 */
import type { Framework, Mode } from '../choices';
import type { ModelSpec } from '../model-spec';
import type { Kind } from './kinds';

/** `Needs`: the settings that the row asks for besides its own. */
export interface Setting<T, Needs = unknown, Flag extends string = string> {
  readonly kind: Kind<T>;
  /** Of the field that shows it. */
  readonly label: string;
  /** What its choices are called in a form, where that is not the choice itself. */
  readonly choiceLabels?: Readonly<Record<string, string>>;
  /** Modes in which a form asks for it; left out, all of them. Said of a run in another, it is refused. */
  readonly modes?: readonly Mode[];
  /** Modes that take it although no form asks for it there. */
  readonly alsoIn?: readonly Mode[];
  /** The value that asks for nothing, so that a run of any mode may say it; a switch's is off. */
  readonly nothing?: NoInfer<T>;
  /** The mode that giving it means where nothing else decides. */
  readonly usualMode?: Mode;
  readonly default?: NoInfer<T> | ((run: Needs, model: ModelSpec, given: Given) => NoInfer<T>);
  /** Refuses what the model or the other settings do not allow. A value of the wrong kind does not come this far. */
  readonly check?: (value: NoInfer<T>, run: Needs, model: ModelSpec, refuse: Refuse) => void;
  readonly option: SettingOption<Flag>;
  /** Where no framework is named, this value means PyTorch: the bundled workload has no such thing. */
  readonly impliesPyTorch?: (value: NoInfer<T>) => boolean;
}

/** What was given of the settings whose defaults depend on that and not on what is filled in. */
export interface Given {
  readonly framework?: Framework;
  readonly seq?: number;
  readonly loraRank?: number;
  readonly tokens?: number;
  readonly lengths?: readonly number[];
}

/**
 * Throws `bad_input` for the setting that is checked: why it cannot have its value, and what would be valid. `shown`: what
 * of a value that is a list is at fault.
 */
export type Refuse = (why: string, remedy: string, shown?: unknown) => never;

export interface SettingOption<Flag extends string = string> {
  readonly flag: Flag;
  /** What it is followed by, as --help shows it; left out for a switch. */
  readonly takes?: string;
  readonly help: string;
  /** May be given again, each time with one text more. */
  readonly repeats?: boolean;
  /** Known to `record --bundled` alone. */
  readonly bundledOnly?: boolean;
  /** The option that it stands behind in --help; left out, that of the row above. */
  readonly after?: string;
}

/** A row as it is, its types inferred. */
export function setting<T, Needs = unknown, const Flag extends string = string>(
  row: Setting<T, Needs, Flag>,
): Setting<T, Needs, Flag> {
  return row;
}

/** For what the bundled workload lacks: one device, and every weight trained. */
export function refuseBundled({ framework }: { framework: Framework }, refuse: Refuse): void {
  if (framework === 'tfjs')
    refuse(
      'the bundled workload trains whole models on one device',
      'Leave it out, or use --framework pytorch.',
    );
}
