/**
 * What of an announced model is trained: all of it, or low-rank adapters beside it. A budget is of a run that trains what
 * the workload says it trains, counted in parameters, or there is none and a sentence says why.
 */
import { formatInteger } from '../../shared/base/format';
import { wholeShard } from '../../shared/budget/sharding/shard';
import { countRankParameters } from '../../shared/budget/weights';
import { countParameters } from '../../shared/model/parameters';
import { runDefaults } from '../../shared/model/run';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { checkRun } from '../../shared/model/validate';

type Fields = Readonly<Record<string, unknown>>;

/** Parameters that the configuration says nothing of (a bias more or less) may make this much. */
export const TOLERANCE = 0.005;

/** The low-rank adapters, where the announcement names their rank; none of it where it does not. */
export function announcedAdapters(fields: Fields): Partial<RunSpec> {
  const { loraTargets, loraDropout, dora, loraDtype } = fields;
  const loraRank = whole(fields.loraRank);
  if (loraRank === undefined) return {};
  return {
    loraRank,
    ...(typeof loraTargets === 'string' && { loraTargets }),
    ...(typeof loraDropout === 'number' && loraDropout > 0 && { loraDropout }),
    ...(dora === true && { dora }),
    ...((loraDtype === 'bf16' || loraDtype === 'fp16') && { loraPrecision: loraDtype }),
  };
}

/** Parameters that the model has with the adapters announced, and trains. Throws `bad_input` where it cannot have those. */
export function countAnnounced(
  model: ModelSpec,
  fields: Fields,
): { held: number; trained: number } {
  const adapters = announcedAdapters(fields);
  if (adapters.loraRank === undefined) {
    const { total } = countParameters(model);
    return { held: total, trained: total };
  }
  const run = runDefaults(model, { mode: 'train', framework: 'pytorch', ...adapters });
  checkRun(model, run);
  return countRankParameters(model, run, wholeShard(model, run));
}

/** Why `run` has no budget, though all its settings can be; null where it has one. Throws as `countAnnounced` does. */
export function describeUntrained(model: ModelSpec, run: RunSpec, fields: Fields): string | null {
  const { parameters, trainable } = fields;
  const { held, trained } = countAnnounced(model, fields);
  const { loraRank } = announcedAdapters(fields);
  if (run.mode !== 'train')
    return loraRank !== undefined && trained > TOLERANCE * held
      ? `The model the workload announces is used with adapters of ${formatInteger(trained)} parameters beside it: no budget is made of a run that does not train them.`
      : null;
  if (typeof parameters !== 'number' || typeof trainable !== 'number') return null;
  const isWhole =
    loraRank === undefined
      ? parameters - trainable <= TOLERANCE * parameters
      : trainable === trained;
  if (isWhole) return null;
  return loraRank !== undefined || isAddedTo(model, fields)
    ? describeAdapters(model, fields)
    : `The workload trains ${formatInteger(trainable)} of the ${formatInteger(parameters)} parameters it announces: no budget is made of a part that it does not name. Declare it with --model and --freeze.`;
}

/** Whether what is trained is all that the model has beside the weights of its configuration. */
export function isAddedTo(model: ModelSpec, { parameters, trainable }: Fields): boolean {
  return typeof parameters === 'number' && parameters - countParameters(model).total === trainable;
}

/** Adapters that the budget cannot count: of another kind, of several ranks, on some layers alone, with weights beside. */
export function describeAdapters(model: ModelSpec, fields: Fields): string {
  const { loraRank, loraTargets = 'query-value' } = announcedAdapters(fields);
  const [parameters, trainable] = [fields.parameters, fields.trainable].map((count) =>
    formatInteger(Number(count)),
  );
  const parts =
    loraRank === undefined
      ? `the ${trainable} that are trained are adapters beside it, and not low-rank ones of one rank`
      : `the ${trainable} that are trained are not the ${formatInteger(countAnnounced(model, fields).trained)} of adapters of rank ${loraRank} on every ${loraTargets}`;
  return `The workload announces a model of ${parameters} parameters whose configuration makes ${formatInteger(countParameters(model).total)}: ${parts}. Declare it with --model and --lora-rank.`;
}

export function whole(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
