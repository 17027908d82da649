/**
 * Finds a GPU by the name a person or a driver uses. Case, maker, product line and punctuation do not matter; what is
 * left must name one GPU. "A100" names two, which differ in memory, so it is refused rather than guessed.
 */
import { Failure } from '../base/failure';
import { GPUS, type Gpu } from './gpus';

/** Words that tell no two GPUs of the catalogue apart. */
const NOISE = new Set([
  'nvidia',
  'geforce',
  'tesla',
  'amd',
  'instinct',
  'radeon',
  'quadro',
  'gpu',
  'generation',
  'rtx',
  'gb',
  'gib',
  'hbm2',
  'hbm2e',
  'hbm3',
  'hbm3e',
]);

function words(name: string): readonly string[] {
  return name
    .toLowerCase()
    .replace(/(\d+)\s*gi?b?\b/g, '$1')
    .replace(/sxm\d?/g, 'sxm')
    .replace(/rtx(?=\w)/g, 'rtx ')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !NOISE.has(word));
}

const key = (name: string) => words(name).slice().sort().join(' ');

/** Every word by which a GPU may be called: those of its name, of its driver names, and its memory in GiB. */
function vocabulary(gpu: Gpu): ReadonlySet<string> {
  return new Set([
    ...words(gpu.name),
    ...gpu.deviceNames.flatMap(words),
    String(Math.round(gpu.memoryBytes / 2 ** 30)),
  ]);
}

export function gpuNames(): readonly string[] {
  return GPUS.map((gpu) => gpu.name);
}

/** All GPUs the name may mean, none where it means none. */
export function gpusNamed(name: string): readonly Gpu[] {
  const wanted = words(name);
  if (wanted.length === 0) return [];
  const exact = GPUS.filter((gpu) =>
    [gpu.name, ...gpu.deviceNames].some(
      (known) => known.toLowerCase() === name.trim().toLowerCase(),
    ),
  );
  if (exact.length > 0) return exact;
  const same = GPUS.filter((gpu) => key(gpu.name) === key(name));
  if (same.length > 0) return same;
  return GPUS.filter((gpu) => {
    const known = vocabulary(gpu);
    return wanted.every((word) => known.has(word));
  });
}

/** GPUs whose names differ in a digit or two of their numbers. */
function near(name: string): readonly string[] {
  const number = /\d{2,}/.exec(name)?.[0];
  if (number === undefined) return [];
  const apart = (text: string) => [...text].filter((digit, i) => digit !== number[i]).length;
  return gpuNames()
    .map((known) => ({ known, model: /\d{2,}/.exec(known)?.[0] ?? '' }))
    .filter(({ model }) => model.length === number.length && apart(model) < number.length / 2)
    .sort((a, b) => apart(a.model) - apart(b.model))
    .slice(0, 4)
    .map(({ known }) => known);
}

/**
 * The GPU of that name; `bad_input` where there is none or where there are several of unlike memory, naming what there is.
 * Of those of one memory (an H100's board is not said) the first of the catalogue, which is the more usual.
 */
export function gpuByName(name: string): Gpu {
  const several = /^\s*(\d+)\s*[x×]\s*(\S.*)$/i.exec(name);
  if (several)
    throw new Failure(
      'bad_input',
      `A GPU is named once, and "${name}" says ${several[1]} of them.`,
      `Name one, "${several[2]}", and say how the run is spread: --dp ${several[1]} --zero 3 to train, --tp ${several[1]} to run forward.`,
    );
  const found = gpusNamed(name);
  const [gpu] = found;
  if (gpu && found.every(({ memoryBytes }) => memoryBytes === gpu.memoryBytes)) return gpu;
  if (found.length > 1)
    throw new Failure(
      'bad_input',
      `"${name}" can mean several GPUs.`,
      `Say which: ${found.map((gpu) => gpu.name).join(', ')}.`,
    );
  const like = near(name);
  throw new Failure(
    'bad_input',
    `There is no GPU "${name}" in the catalogue.`,
    like.length > 0
      ? `Did you mean ${like.join(', ')}? A card's memory will do as well, such as 24GB.`
      : `Give a card's memory, such as 24GB, or a name of the catalogue: ${gpuNames().join(', ')}.`,
  );
}
