/**
 * A row of published measurements as it may come: the file is other people's, so nothing of it is taken for granted.
 * Keys nobody knows are left alone; what is missing is null.
 */

export interface PublishedRow {
  readonly id: string;
  readonly source?: string | null;
  readonly url: string | null;
  readonly kind: string;
  readonly model: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly quantity: string;
  readonly value: number;
  readonly unit: string;
}

/** What Plumbline says in the row's own unit, or the reason, true of the row, why it says nothing. */
export type Prediction =
  | {
      readonly kind: string;
      readonly predicted: number;
      /** A limit that no measurement passes, and no prediction of where it lies. */
      readonly isBound?: true;
    }
  | { readonly reason: string };

const text = (value: unknown): string =>
  typeof value === 'string' ? value : value == null ? '' : String(value);

/** Rows of a file: a list, or an object with a list in it. Whatever a row lacks is empty, its figure NaN. */
export function rowsOf(json: unknown): PublishedRow[] {
  const list = Array.isArray(json) ? json : (Object.values(json ?? {}).find(Array.isArray) ?? []);
  return list.map((one: unknown, index) => {
    const row = (typeof one === 'object' && one !== null ? one : {}) as Record<string, unknown>;
    const value = typeof row.value === 'string' ? Number(row.value) : row.value;
    return {
      id: text(row.id) || `row ${index + 1}`,
      source: text(row.source),
      url: text(row.url) || null,
      kind: text(row.kind),
      model: text(row.model),
      config: (typeof row.config === 'object' && row.config !== null ? row.config : {}) as Record<
        string,
        unknown
      >,
      quantity: text(row.quantity),
      value: typeof value === 'number' ? value : Number.NaN,
      unit: text(row.unit),
    };
  });
}

/** The configuration of a row, read with care. */
export class Config {
  constructor(private readonly row: PublishedRow) {}

  text(key: string): string {
    return text(this.row.config[key]);
  }

  /** A size or a count: nothing that is not above 0. */
  number(key: string): number | undefined {
    const value = this.row.config[key];
    return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
  }

  /** Everything the row says of how it ran, to look words up in. */
  get setup(): string {
    return [
      this.row.id,
      this.row.model,
      this.row.quantity,
      ...['framework', 'optimizer', 'precision', 'attention', 'checkpointing', 'parallel'].map(
        (key) => this.text(key),
      ),
    ].join(' | ');
  }

  /** The number that follows a word: tensor-parallel ranks, ZeRO's stage, GPUs. */
  counted(pattern: RegExp): number | undefined {
    const found = pattern.exec(this.setup)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  /** The GPU the row names, as Plumbline's catalogue calls it. */
  get gpu(): string | undefined {
    const { setup } = this;
    if (/A100/.test(setup))
      return /A100\D{0,8}40 ?GB|A100-40/.test(setup) ? 'A100 40GB' : 'A100 80GB';
    if (/V100/.test(setup)) return /32 ?GB/.test(setup) ? 'V100 32GB' : 'V100 16GB';
    if (/H20\b/.test(setup) || (/^qwen3-/.test(this.row.id) && /transformers/.test(setup)))
      return 'H20';
    const named =
      /\b(H100|H200|B200|L40S|L4|A10G|A10|T4|MI300X|(?:RTX )?(?:20|30|40|50)[5-9]0(?: Ti)?)\b/.exec(
        setup,
      )?.[1];
    return named === undefined ? undefined : /^\d/.test(named) ? `RTX ${named}` : named;
  }
}

/** Size of one unit as printed, in bytes, operations or a plain number; null where it is none of them. */
export function unitSize(unit: string): {
  readonly measures: 'bytes' | 'parameters' | 'operations' | 'rate' | 'time' | 'coefficient';
  readonly size: number;
} | null {
  const bytes = (size: number) => ({ measures: 'bytes' as const, size });
  if (/^(MiB|MB \(.*MiB.*\))/.test(unit)) return bytes(2 ** 20);
  if (/^(GiB|GB \(.*GiB.*\))/.test(unit)) return bytes(2 ** 30);
  if (/^KiB/.test(unit)) return bytes(2 ** 10);
  if (/^TB\b/.test(unit)) return bytes(1e12);
  if (/^GB\b/.test(unit)) return bytes(1e9);
  if (/^MB\b/.test(unit)) return bytes(1e6);
  if (/^(B|bytes)\b/.test(unit)) return bytes(1);
  if (/^(params|parameters)$/.test(unit)) return { measures: 'parameters', size: 1 };
  const operations = /^(T|G|P|E)?FLOPs?$/i.exec(unit);
  if (operations)
    return {
      measures: 'operations',
      size: { T: 1e12, G: 1e9, P: 1e15, E: 1e18 }[operations[1]?.toUpperCase() ?? ''] ?? 1,
    };
  if (/tok(ens)?\/s/.test(unit)) return { measures: 'rate', size: 1 };
  if (unit === 'ms') return { measures: 'time', size: 1e-3 };
  if (unit === 's') return { measures: 'time', size: 1 };
  if (/^x s\*b\*h bytes/.test(unit)) return { measures: 'coefficient', size: 1 };
  return null;
}
