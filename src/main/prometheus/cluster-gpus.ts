/**
 * The GPUs that exporters of one or many hosts tell of. Those of the first host keep the numbers they have there; those
 * of further hosts are counted on, host by host, and it is said which are whose.
 *
 * Guarantees: GPUs of two hosts are never taken for one, whatever numbers they have.
 */

export type Labels = Readonly<Record<string, string>>;

/** A GPU as labels name it; whatever they leave out is unknown. */
export interface LabelledGpu {
  readonly index?: number;
  readonly uuid?: string;
  readonly busId?: string;
  readonly name?: string;
}

const SHOWN_HOSTS = 64;

/** The labels of a series of an exporter, as its GPU. */
function identifyGpu(labels: Labels): LabelledGpu {
  const index = labels.gpu ?? labels.index;
  const uuid = labels.UUID ?? labels.uuid;
  const busId = labels.pci_bus_id;
  const name = labels.modelName ?? labels.devicename;
  return {
    ...(index !== undefined && /^\d{1,4}$/.test(index) && { index: Number(index) }),
    ...(uuid !== undefined && { uuid }),
    ...(busId !== undefined && { busId }),
    ...(name !== undefined && { name }),
  };
}

/** Where an exporter ran: by its own word, else by where it was scraped. */
export const hostIn = (labels: Labels): string =>
  labels.Hostname ?? labels.hostname ?? labels.node ?? labels.instance ?? '';

/** By host, and on one by number: what people and schedulers count by. */
export function compareGpus(a: Labels, b: Labels): number {
  const byHost = hostIn(a).localeCompare(hostIn(b), 'en', { numeric: true });
  return byHost || (identifyGpu(a).index ?? 0) - (identifyGpu(b).index ?? 0);
}

export class ClusterGpus {
  readonly #known = new Map<string, LabelledGpu>();
  /** By host, in order of appearance. */
  readonly #hosts = new Map<string, number[]>();
  readonly #taken = new Set<number>();

  /** The GPU that labels speak of, numbered among those of all hosts. */
  find(labels: Labels): LabelledGpu {
    const host = hostIn(labels);
    const own = identifyGpu(labels);
    const key = JSON.stringify([host, own.index, own.busId, own.uuid]);
    const known = this.#known.get(key);
    if (known) return known;
    const numbers = this.#hosts.get(host) ?? [];
    this.#hosts.set(host, numbers);
    const isFirst = this.#hosts.size === 1;
    const canKeep = isFirst && own.index !== undefined && !this.#taken.has(own.index);
    const isNameless = own.index === undefined && isFirst;
    const index = canKeep ? own.index : Math.max(-1, ...this.#taken) + 1;
    // A file that names no numbers leaves the count to whoever lists the GPUs.
    const found = isNameless || index === undefined ? own : { ...own, index };
    if (found.index !== undefined) {
      this.#taken.add(found.index);
      numbers.push(found.index);
    }
    this.#known.set(key, found);
    return found;
  }

  get hosts(): number {
    return this.#hosts.size;
  }

  /** Which numbers are whose; null where there is one host, whose own they are. */
  describeHosts(): string | null {
    if (this.#hosts.size < 2) return null;
    const told = [...this.#hosts].slice(0, SHOWN_HOSTS).map(([host, numbers]) => {
      const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
      return `${host || 'one without a name'} ${low === high ? low : `${low}–${high}`}`;
    });
    const rest = this.#hosts.size - told.length;
    return `The readings are of ${this.#hosts.size} hosts; their GPUs are counted through: ${told.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
  }
}
