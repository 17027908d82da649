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
import { LAYOUTS, type Layout } from './layouts';
import { Safetensors, shown } from './safetensors';

const THIRDS: readonly string[] = ['query', 'key', 'value'];
const FITTING = 'Give the config.json that belongs to these weights.';

export class Checkpoint {
  /** Names as the file has them, by those of the layout: without its prefix, and old names as new ones. */
  private readonly names: ReadonlyMap<string, string>;
  /** The joint projection last read: three parameters come of it. */
  private joint: { readonly name: string; readonly values: Float32Array } | null = null;

  private constructor(
    private readonly file: Safetensors,
    private readonly layout: Layout,
    private readonly model: ModelSpec,
  ) {
    this.names = new Map(file.names().map((name) => [canonical(layout, name), name]));
  }

  /** `path` is a folder with model.safetensors and config.json, or the file itself. */
  static open(path: string, model: ModelSpec): Checkpoint {
    const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
    const config = readConfig(join(folder, 'config.json'));
    const file = Safetensors.open(folder === path ? join(path, 'model.safetensors') : path);
    try {
      const layout = chooseNaming(config.model_type, file);
      checkConfig(config, layout, model);
      const checkpoint = new Checkpoint(file, layout, model);
      checkpoint.check();
      return checkpoint;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  readonly initial: Initial = (name, shape) => {
    const { tensor, third, turned } = this.place(name);
    if (third >= 0) return this.part(tensor, shape, third);
    return turned
      ? turnedMatrix(this.file.read(tensor, [...shape].reverse()), shape)
      : this.file.read(tensor, shape);
  };

  /** Whether the file has a parameter, of the model or of a head for masked words. */
  has(name: string): boolean {
    return this.file.has(this.place(name).tensor);
  }

  close(): void {
    this.file.close();
  }

  /** Where one of our parameters lies in the file, which third of it it is, and whether it is turned there. */
  private place(name: string): {
    readonly tensor: string;
    readonly third: number;
    readonly turned: boolean;
  } {
    const [, number, own] = /^layer(\d+)\.(.+)$/.exec(name) ?? [null, null, name];
    const [part, kind = 'weight'] = own!.split('.') as [string, string?];
    const { layout } = this;
    const module =
      number === null
        ? (layout.outer[part] ?? layout.maskedHead?.[part])
        : `${layout.layers}${number}.${layout.layer[part]}`;
    if (module === undefined)
      throw new Failure(
        'bad_input',
        `${this.model.name} has a part ("${part}") that ${layout.family} has not.`,
        FITTING,
      );
    const wanted = `${module}.${kind === 'gain' ? 'weight' : kind}`;
    return {
      tensor: this.names.get(wanted) ?? this.prefixed(wanted),
      third: layout.joint ? THIRDS.indexOf(part) : -1,
      turned: layout.matrices === '[out, in]' && own!.endsWith('.weight'),
    };
  }

  /** A name as the file would have it: heads have no prefix. */
  private prefixed(wanted: string): string {
    const {
      layout: { prefix, maskedHead },
      names,
    } = this;
    const isHead = Object.values(maskedHead ?? {}).some((module) =>
      wanted.startsWith(`${module}.`),
    );
    return !isHead && [...names.values()].some((name) => name.startsWith(prefix))
      ? prefix + wanted
      : wanted;
  }

  /** Every parameter must be there in its shape, and nothing else but what is known to lie beside. */
  private check(): void {
    const used = new Set<string>();
    for (const [name, shape] of parameterShapes(this.model)) {
      const { tensor, third, turned } = this.place(name);
      this.file.check(
        tensor,
        third >= 0
          ? [...shape.slice(0, -1), 3 * shape.at(-1)!]
          : turned
            ? [...shape].reverse()
            : shape,
      );
      used.add(tensor);
    }
    const {
      layout: { family, beside },
      model: { name: model, layers },
    } = this;
    const [, surplus] =
      [...this.names].find(([name, tensor]) => !used.has(tensor) && !beside.test(name)) ?? [];
    if (surplus !== undefined) {
      throw new Failure(
        'bad_input',
        `The weights hold the tensor ${shown(surplus)}, for which ${model} has no place: it is a ${family} of ${layers} ${layers === 1 ? 'layer' : 'layers'}.`,
        FITTING,
      );
    }
    this.checkTiedHead();
  }

  /** A head saved beside the embedding must be the embedding. */
  private checkTiedHead(): void {
    const { tiedHead } = this.layout;
    if (tiedHead === null || !this.file.has(tiedHead)) return;
    const shape = [this.model.vocab, this.model.hidden];
    const [head, table] = [this.file.read(tiedHead, shape), this.initial('tokens', shape)];
    if (head.every((value, index) => value === table[index])) return;
    throw new Failure(
      'bad_input',
      'The weights have a head of their own, and the bundled workload ties it to the embedding.',
      'Give the checkpoint of a model with a tied head.',
    );
  }

  /** One third of the columns of a joint matrix or vector. */
  private part(name: string, shape: readonly number[], part: number): Float32Array {
    const width = shape.at(-1)!;
    const rows = shape.length === 2 ? shape[0]! : 1;
    if (this.joint?.name !== name)
      this.joint = { name, values: this.file.read(name, [...shape.slice(0, -1), 3 * width]) };
    const { values } = this.joint;
    const own = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++)
      own.set(values.subarray((3 * row + part) * width, (3 * row + part + 1) * width), row * width);
    return own;
  }
}

/** By what config.json says or, where it says nothing, by the tensors; those of another family are told as such. */
function chooseNaming(modelType: unknown, file: Safetensors): Layout {
  const names = file.names();
  const held = LAYOUTS.find(({ layer }) => names.some((name) => name.includes(`.${layer.query}.`)));
  const said = modelType === undefined ? held : LAYOUTS.find((one) => one.modelType === modelType);
  if (!said) {
    const families = LAYOUTS.map(({ family }) => family).join(', ');
    throw modelType === undefined
      ? new Failure(
          'bad_input',
          `The weights are of none of the families that the bundled workload reads: ${families}.`,
          'Give the checkpoint of one of them.',
        )
      : new Failure(
          'unavailable',
          `The bundled workload reads checkpoints of ${families}, and this one is of type ${shown(String(modelType))}.`,
          'Record a workload of your own with -- COMMAND.',
        );
  }
  if (held && held !== said)
    throw new Failure(
      'bad_input',
      `The weights are those of a ${held.family}, and the config.json beside them is of a ${said.family}.`,
      FITTING,
    );
  return said;
}

/** A name without the prefix, in today's words: norms once had gamma and beta, and a head's bias lies in one of two places. */
function canonical({ prefix }: Layout, name: string): string {
  const own = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (own === 'cls.predictions.decoder.bias') return 'cls.predictions.bias';
  return own
    .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
    .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
}

/** [out, in] to [in, out], the shape given. */
function turnedMatrix(values: Float32Array, [rows, columns]: readonly number[]): Float32Array {
  const turned = new Float32Array(values.length);
  for (let column = 0; column < columns!; column++) {
    for (let row = 0; row < rows!; row++)
      turned[row * columns! + column] = values[column * rows! + row]!;
  }
  return turned;
}
