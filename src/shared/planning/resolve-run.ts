/**
 * From what was said of a run to the run: settings that are left open are filled in, the mode and the framework that what
 * was said implies are taken, a ragged batch is laid out, and the GPU is found. Terminal and window come to the same run
 * by it.
 */
import { Failure } from '../base/failure';
import { GiB } from '../base/units';
import { gpuByName } from '../hardware/gpu-names';
import { isBundledByDefault, notBundledPrecision } from '../model/bundled';
import { rejectOption } from '../model/reject-field';
import { runDefaults } from '../model/run';
import { RUN_SETTINGS, SETTING_NAMES, type SettingName } from '../model/settings';
import { takesSetting } from '../model/settings/modes';
import type { ModelSpec, RunSpec } from '../model/spec';
import type { GpuMemory } from './fits';

export interface ResolvedSpec {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  /** What was said; all else of the run is a default. */
  readonly given: Partial<RunSpec>;
  /** The GPU that was named, or the memory of one (24GB); null where neither was. */
  readonly card: GpuMemory | null;
}

/**
 * `said`: settings as they were read, `gpu` as it was typed. `framework` is the one where nothing says which. The run may
 * be one that cannot be: `checkRun` tells. Throws `bad_input` for a GPU nobody knows and lengths that do not go together.
 */
export function describeRun(
  model: ModelSpec,
  said: Partial<RunSpec>,
  framework: RunSpec['framework'],
  isPacked = false,
): ResolvedSpec {
  const settings = givenSettings(said, isPacked);
  const given = { ...settings, ...impliedMode(settings) };
  const run = runDefaults(model, {
    ...given,
    framework: given.framework ?? frameworkFor(model, given, framework),
  });
  return { model, run, given, card: said.gpu === undefined ? null : readCard(said.gpu) };
}

/**
 * What is said of a run that begins as another: the other's settings that its mode takes, and before them what was said.
 * Where a batch, a sequence or lengths are said anew, a ragged batch of the other is none any more.
 */
export function saidBeside(base: RunSpec, said: Partial<RunSpec>): Partial<RunSpec> {
  const mode = said.mode ?? base.mode;
  const { lengths, batch, seq, promptTokens, ...others } = Object.fromEntries(
    Object.entries(base).filter(([name]) => takesSetting(mode, name as SettingName)),
  ) as RunSpec;
  if (said.lengths !== undefined) return { ...others, ...said };
  const isRagged = lengths !== undefined && said.batch === undefined && said.seq === undefined;
  return isRagged
    ? { ...others, lengths, ...said }
    : { ...others, batch, seq, promptTokens, ...said };
}

/** The settings that were given, and no others: the GPU by its name, a ragged batch as it is laid out. */
export function givenSettings(said: Partial<RunSpec>, isPacked: boolean): Partial<RunSpec> {
  const { gpu, lengths, ...others } = said;
  return {
    ...others,
    ...(lengths && !isPacked && { lengths }),
    ...ragged(said, isPacked),
    ...(gpu !== undefined && cardOfSize(gpu) === null && { gpu: gpuByName(gpu).name }),
  };
}

/** The one mode that all that was said has a meaning in: adapters are trained, prompts are for generation; else the usual one of what was said. */
function impliedMode(given: Partial<RunSpec>): Partial<RunSpec> {
  if (given.mode !== undefined) return {};
  const said = SETTING_NAMES.filter((name) => given[name] !== undefined);
  const limits = said.flatMap((name) => RUN_SETTINGS[name].modes ?? []);
  const common = [...new Set(limits)].filter((mode) =>
    said.every((name) => RUN_SETTINGS[name].modes?.includes(mode) ?? true),
  );
  const usual = said.flatMap((name) => RUN_SETTINGS[name].usualMode ?? []);
  const [mode] = common.length === 1 ? common : usual;
  return mode && (limits.length === 0 || common.includes(mode)) ? { mode } : {};
}

/** The GPU that a text names, or a card of the memory it says. Throws `bad_input` where it is neither. */
export function readCard(typed: string): GpuMemory {
  return cardOfSize(typed) ?? gpuByName(typed);
}

/** GiB: thousands of times the memory of any card. */
const LARGEST_CARD = 1_000_000;

/** A card by its memory alone: 24GB, 24 GiB, 24G. What makers of cards call GB is GiB; null for a name. */
function cardOfSize(typed: string): GpuMemory | null {
  const size = /^\s*([-+]?[\d.]+(?:e[-+]?\d+)?|nan|infinity)\s*g(?:i?b)?\s*$/i.exec(typed)?.[1];
  if (size === undefined) return null;
  if (!(Number(size) > 0 && Number(size) <= LARGEST_CARD))
    rejectOption(
      '--gpu',
      typed,
      `Give the memory of a card, above 0 and up to ${LARGEST_CARD}GB, such as 24GB, or its name.`,
    );
  return { name: `a card of ${Number(size)} GiB`, memoryBytes: Math.floor(Number(size) * GiB) };
}

/** A model or a setting that the bundled workload cannot have means PyTorch, unless a framework is given. */
function frameworkFor(
  model: ModelSpec,
  given: Partial<RunSpec>,
  otherwise: RunSpec['framework'],
): RunSpec['framework'] {
  const isBundled =
    isBundledByDefault(model) &&
    notBundledPrecision(runDefaults(model, { ...given, framework: 'tfjs' })) === null &&
    !SETTING_NAMES.some((name) => impliesPyTorch(name, given));
  return isBundled ? otherwise : 'pytorch';
}

function impliesPyTorch<Name extends SettingName>(name: Name, given: Partial<RunSpec>): boolean {
  const { [name]: value } = given;
  if (value === undefined) return false;
  return RUN_SETTINGS[name].impliesPyTorch?.(value as Required<RunSpec>[Name]) === true;
}

/** The lengths of a ragged batch, padded or packed; nothing where none are given. */
function ragged(said: Partial<RunSpec>, isPacked: boolean): Partial<RunSpec> {
  if (said.lengths) return padded(said.lengths, said, isPacked);
  if (isPacked)
    throw new Failure(
      'bad_input',
      '--packed lays sequences end to end, and there are no lengths.',
      'Give --lengths, or leave --packed out.',
    );
  return {};
}

/** One row without padding, whose sequences see themselves alone, as the kernels for variable lengths have it. */
function packed(lengths: readonly number[], mode: RunSpec['mode'] | undefined): Partial<RunSpec> {
  if (mode !== 'train' && mode !== 'infer')
    throw new Failure(
      'bad_input',
      'Sequences are packed for a pass over all of them, and the mode is another.',
      'Use --mode train or --mode infer.',
    );
  return { batch: 1, seq: lengths.reduce((sum, one) => sum + one, 0) };
}

/** A ragged batch is padded: as many sequences as lengths, each as long as the longest. */
function padded(
  lengths: readonly number[],
  { batch, seq, mode }: Partial<RunSpec>,
  isPacked: boolean,
): Partial<RunSpec> {
  for (const [flag, value] of [
    ['--batch', batch],
    ['--seq', seq],
  ])
    if (value !== undefined)
      throw new Failure(
        'bad_input',
        `--lengths gives batch and sequence already, and ${flag} was given too.`,
        `Leave ${flag} out.`,
      );
  if (isPacked) return packed(lengths, mode);
  const longest = Math.max(...lengths);
  const rows = { batch: lengths.length };
  // Where the mode is not given, the model's defaults say which of the two the longest is.
  if (mode === undefined) return rows;
  return mode === 'generate' ? { ...rows, promptTokens: longest } : { ...rows, seq: longest };
}
