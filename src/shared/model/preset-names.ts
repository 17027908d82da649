/**
 * What people call the models known by name: the preset's own name, the id of its release on Hugging Face, and either of
 * them with another case, other punctuation, or an ending that changes no size (Instruct, chat, hf).
 */
import { Failure } from '../base/failure';
import { findMissing } from './not-counted';
import { isPresetName, presetNames } from './presets';
import { releaseIds } from './published';
import { CONFIGURED } from './releases';

/** Endings of releases that differ in their weights and in nothing that is counted. */
const ENDINGS = /-(instruct|chat|hf|it|pt|uncased|cased|base-uncased|v0\.1)(?=-|$)/g;

/** A name without its owner and the maker's name. */
const bare = (name: string) =>
  name
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/^meta-/, '');

const lettersAndDigits = (name: string) => name.replace(/[^a-z0-9.]/g, '');

/** Letters and digits of a name as it is written. */
const written = (name: string) => lettersAndDigits(bare(name));

/** The same of a name without its endings. */
const key = (name: string) => lettersAndDigits(bare(name).replace(ENDINGS, ''));

function namesBy(called: (name: string) => string): ReadonlyMap<string, string> {
  const names = [...presetNames(), ...Object.keys(CONFIGURED)];
  const pairs = names.flatMap((name) =>
    [name, ...releaseIds(name)].map((each) => [called(each), name] as const),
  );
  // Of names that are alike but for their endings, the first is meant.
  return new Map(pairs.reverse());
}

const BY_KEY = namesBy(key);
/** A release whose ending matters is one of its own (gemma-2-9b-it is in bf16, its base in fp32). */
const BY_WRITTEN = namesBy(written);

/** The name of the model that `typed` may mean; undefined where it means none. */
export function nameMeant(typed: string): string | undefined {
  if (isPresetName(typed)) return typed;
  return BY_WRITTEN.get(written(typed)) ?? BY_KEY.get(key(typed));
}

const OFFERED = 4;

/** Names like `name`, the likest first; none where nothing is like it. */
export function nearNames(name: string): readonly string[] {
  const wanted = key(name);
  return [...BY_KEY]
    .map(([known, preset]) => ({ preset, distance: distanceTo(known, wanted) }))
    .filter(({ distance }) => distance <= Math.max(2, wanted.length / 2))
    .sort((a, b) => a.distance - b.distance)
    .map(({ preset }) => preset)
    .filter((preset, index, all) => all.indexOf(preset) === index)
    .slice(0, OFFERED);
}

/** Of a name that is only begun, what is missing of it counts next to nothing. */
const distanceTo = (known: string, wanted: string): number =>
  wanted.length > 2 && known.startsWith(wanted)
    ? (known.length - wanted.length) / 1000
    : editDistance(wanted, known);

/** Throws `bad_input`: there is no such model, what is missing for it, and which names are like it. */
export function refuseName(name: string): never {
  const missing = findMissing(bare(name));
  if (missing)
    throw new Failure(
      'bad_input',
      `There is no model "${name.slice(0, 80)}": ${missing.why}.`,
      missing.remedy,
    );
  const near = nearNames(name);
  throw new Failure(
    'bad_input',
    `There is no model "${name.slice(0, 80)}".`,
    `${near.length > 0 ? `Did you mean ${near.join(', ')}? Else give` : 'Give'} a config.json of Hugging Face; "plumbline models" lists the models known by name.`,
  );
}

/** Insertions, deletions and replacements that make one text of the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length]!;
}
