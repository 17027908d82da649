/**
 * What people call the models known by name: the preset's own name, the id of its release on Hugging Face, and either of
 * them with another case, other punctuation, or an ending that changes no size (Instruct, chat, hf).
 */
import { Failure } from '../base/failure';
import { isPresetName, presetNames } from './presets';
import { releaseIds } from './published';
import { CONFIGURED } from './releases';

/** Endings of releases that differ in their weights and in nothing that is counted. */
const ENDINGS = /-(instruct|chat|hf|it|pt|uncased|cased|base-uncased|v0\.1)(?=-|$)/g;

/** Letters and digits of what is left of a name without its owner, its endings and the maker's name. */
function key(name: string): string {
  return name
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/^meta-/, '')
    .replace(ENDINGS, '')
    .replace(/[^a-z0-9.]/g, '');
}

const BY_KEY: ReadonlyMap<string, string> = new Map(
  [...presetNames(), ...Object.keys(CONFIGURED)].flatMap((name) =>
    [name, ...releaseIds(name)].map((called) => [key(called), name] as const),
  ),
);

/** The name of the model that `typed` may mean; undefined where it means none. */
export function nameMeant(typed: string): string | undefined {
  return isPresetName(typed) ? typed : BY_KEY.get(key(typed));
}

const OFFERED = 4;

/** Names like `name`, the likest first; none where nothing is like it. */
export function nearNames(name: string): readonly string[] {
  const wanted = key(name);
  return [...BY_KEY]
    .map(([known, preset]) => ({ preset, distance: editDistance(wanted, known) }))
    .filter(({ distance }) => distance <= Math.max(2, wanted.length / 2))
    .sort((a, b) => a.distance - b.distance)
    .map(({ preset }) => preset)
    .filter((preset, index, all) => all.indexOf(preset) === index)
    .slice(0, OFFERED);
}

/** Throws `bad_input`: there is no such model, and which names are like it. */
export function refuseName(name: string): never {
  const near = nearNames(name);
  throw new Failure(
    'bad_input',
    `There is no model "${name.slice(0, 80)}".`,
    `${near.length > 0 ? `Did you mean ${near.join(', ')}? Else give` : 'Give'} the path of a Hugging Face config.json; plumbline models lists the models known by name.`,
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
