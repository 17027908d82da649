/**
 * The parameters of the bundled models from a Hugging Face checkpoint. All that its header and its config.json can tell
 * is held against the model before a number is read: what is missing, what has another shape, and what the model has no
 * place for.
 */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../shared/base/failure';
import type { ModelSpec } from '../../shared/model/spec';
import { type Initial, parameterShapes } from '../model/weights';
import { checkConfig, readConfig } from './config';
import { type CheckpointLayout, LAYOUTS } from './layouts';
import { quoteName, Safetensors } from './safetensors';

const THIRDS: readonly string[] = ['query', 'key', 'value'];
const FITTING = 'Give the config.json that belongs to these weights.';

/** Where one of our parameters lies in the file. */
interface StoredParameter {
  readonly tensor: string;
  /** Which third it is of a joint query, key and value; null where it is a tensor of its own. */
  readonly third: number | null;
  /** The matrix lies there as [out, in]. */
  readonly turned: boolean;
}

export class Checkpoint {
  readonly #file: Safetensors;
  readonly #layout: CheckpointLayout;
  readonly #model: ModelSpec;
  /** Names as the file has them, by those of the layout: without its prefix, and old names as new ones. */
  readonly #names: ReadonlyMap<string, string>;
  /** The joint projection last read: three parameters come of it. */
  #joint: { readonly name: string; readonly values: Float32Array } | null = null;

  private constructor(file: Safetensors, layout: CheckpointLayout, model: ModelSpec) {
    this.#file = file;
    this.#layout = layout;
    this.#model = model;
    this.#names = new Map(file.names().map((name) => [canonical(layout, name), name]));
  }

  /** `path` is a folder with model.safetensors and config.json, or the file itself. */
  static open(path: string, model: ModelSpec): Checkpoint {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined)
      throw new Failure(
        'bad_input',
        `There is no checkpoint at "${path}".`,
        'Give the folder of a Hugging Face checkpoint, or its model.safetensors.',
      ).at('weights');
    const folder = found.isDirectory() ? path : dirname(path);
    const config = readConfig(join(folder, 'config.json'));
    const file = Safetensors.open(folder === path ? join(path, 'model.safetensors') : path);
    try {
      const layout = chooseLayout(config.model_type, file);
      checkConfig(config, layout, model);
      const checkpoint = new Checkpoint(file, layout, model);
      checkpoint.#check();
      return checkpoint;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  readonly initial: Initial = (name, shape) => {
    const { tensor, third, turned } = this.#locate(name);
    if (third !== null) return this.#readThird(tensor, shape, third);
    return turned
      ? turnedMatrix(this.#file.read(tensor, [...shape].reverse()), shape)
      : this.#file.read(tensor, shape);
  };

  /** Whether the file has a parameter, of the model or of a head for masked words. */
  has(name: string): boolean {
    return this.#file.has(this.#locate(name).tensor);
  }

  close(): void {
    this.#file.close();
  }

  #locate(name: string): StoredParameter {
    const layout = this.#layout;
    const [, number, inLayer] = /^layer(\d+)\.(.+)$/.exec(name) ?? [];
    const [part = '', kind = 'weight'] = (inLayer ?? name).split('.');
    const module =
      number === undefined
        ? (layout.outer[part] ?? layout.maskedHead?.[part])
        : `${layout.layers}${number}.${layout.layer[part]}`;
    if (module === undefined)
      throw new Failure(
        'bad_input',
        `${this.#model.name} has a part ("${part}") that ${layout.family} has not.`,
        FITTING,
      );
    const wanted = `${module}.${kind === 'gain' ? 'weight' : kind}`;
    const third = THIRDS.indexOf(part);
    return {
      tensor: this.#names.get(wanted) ?? this.#prefixed(wanted),
      third: layout.joint && third >= 0 ? third : null,
      turned: layout.matrices === '[out, in]' && (inLayer ?? name).endsWith('.weight'),
    };
  }

  /** A name as the file would have it: heads have no prefix. */
  #prefixed(wanted: string): string {
    const { prefix, maskedHead } = this.#layout;
    const isHead = Object.values(maskedHead ?? {}).some((module) =>
      wanted.startsWith(`${module}.`),
    );
    return !isHead && [...this.#names.values()].some((name) => name.startsWith(prefix))
      ? prefix + wanted
      : wanted;
  }

  /** Every parameter must be there in its shape, and nothing else but what is known to lie beside. */
  #check(): void {
    const used = new Set<string>();
    for (const [name, shape] of parameterShapes(this.#model)) {
      const stored = this.#locate(name);
      this.#file.check(stored.tensor, storedShape(shape, stored));
      used.add(stored.tensor);
    }
    const { family, beside } = this.#layout;
    const { name: model, layers } = this.#model;
    const [, surplus] =
      [...this.#names].find(([name, tensor]) => !used.has(tensor) && !beside.test(name)) ?? [];
    if (surplus !== undefined) {
      throw new Failure(
        'bad_input',
        `The weights hold the tensor ${quoteName(surplus)}, for which ${model} has no place: it is a ${family} of ${layers} ${layers === 1 ? 'layer' : 'layers'}.`,
        FITTING,
      );
    }
    this.#checkTiedHead();
  }

  /** A head saved beside the embedding must be the embedding. */
  #checkTiedHead(): void {
    const { tiedHead } = this.#layout;
    if (tiedHead === null || !this.#file.has(tiedHead)) return;
    const shape = [this.#model.vocab, this.#model.hidden];
    const [head, table] = [this.#file.read(tiedHead, shape), this.initial('tokens', shape)];
    if (head.every((value, index) => value === table[index])) return;
    throw new Failure(
      'bad_input',
      'The weights have a head of their own, and the bundled workload ties it to the embedding.',
      'Give the checkpoint of a model with a tied head.',
    );
  }

  /** One third of the columns of a joint matrix or vector; `shape` is that of the third, [rows, width] or [width]. */
  #readThird(name: string, shape: readonly number[], third: number): Float32Array {
    const [width = 0, rows = 1] = [...shape].reverse();
    if (this.#joint?.name !== name)
      this.#joint = { name, values: this.#file.read(name, jointShape(shape)) };
    const { values } = this.#joint;
    const columns = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const from = (3 * row + third) * width;
      columns.set(values.subarray(from, from + width), row * width);
    }
    return columns;
  }
}

/** The shape in the file of a parameter that has `shape` with us. */
function storedShape(
  shape: readonly number[],
  { third, turned }: StoredParameter,
): readonly number[] {
  if (third !== null) return jointShape(shape);
  return turned ? [...shape].reverse() : shape;
}

/** Three times as wide: query, key and value side by side. */
function jointShape(shape: readonly number[]): readonly number[] {
  return shape.map((size, axis) => (axis === shape.length - 1 ? 3 * size : size));
}

/** By what config.json says or, where it says nothing, by the tensors; those of another family are refused. */
function chooseLayout(modelType: unknown, file: Safetensors): CheckpointLayout {
  const names = file.names();
  const held = LAYOUTS.find(({ layer }) => names.some((name) => name.includes(`.${layer.query}.`)));
  const declared =
    modelType === undefined ? held : LAYOUTS.find((layout) => layout.modelType === modelType);
  if (!declared) {
    const families = LAYOUTS.map(({ family }) => family).join(', ');
    throw modelType === undefined
      ? new Failure(
          'bad_input',
          `The weights are of none of the families that the bundled workload reads: ${families}.`,
          'Give the checkpoint of one of them.',
        )
      : new Failure(
          'unavailable',
          `The bundled workload reads checkpoints of ${families}, and this one is of type ${quoteName(String(modelType))}.`,
          'Record a workload of your own with -- COMMAND.',
        );
  }
  if (held && held !== declared)
    throw new Failure(
      'bad_input',
      `The weights are those of a ${held.family}, and the config.json beside them is of a ${declared.family}.`,
      FITTING,
    );
  return declared;
}

/** A name without the prefix, in today's words: norms once had gamma and beta, and a head's bias lies in one of two places. */
function canonical({ prefix }: CheckpointLayout, name: string): string {
  const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (bare === 'cls.predictions.decoder.bias') return 'cls.predictions.bias';
  return bare
    .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
    .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
}

/** A matrix that lies as [out, in], in the shape given, [in, out]. */
function turnedMatrix(
  values: Float32Array,
  [rows = 0, columns = 0]: readonly number[],
): Float32Array {
  const turned = new Float32Array(values.length);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++)
      turned[row * columns + column] = values[column * rows + row]!;
  }
  return turned;
}
