/**
 * The GPUs of a file. A GPU is known by what distinguishes it there: its index, its PCI address, or its uuid where
 * nothing better is told; captures mask uuids, so that two GPUs may share one.
 *
 * Guarantees: rows that name different indexes or addresses are never of one GPU.
 */
import { Failure } from '../../shared/base/failure';
import type { Gpu } from './gpu-columns';
import type { GpuIdentity } from './imported-trace';
import { type ColumnRoom, NumberColumn } from './number-column';

/** No machine has so many; each takes columns of its own, so that a small file could ask for any amount of memory. */
const MAX_GPUS = 256;

export class GpuRegistry {
  readonly #room: ColumnRoom;
  readonly #gpus: Gpu[] = [];
  readonly #known = new Map<string, Gpu>();

  constructor(room: ColumnRoom) {
    this.#room = room;
  }

  get all(): readonly Gpu[] {
    return this.#gpus;
  }

  /** The GPU that is meant; a new one where none of those known can be it. What is told of it is kept. */
  find(identity: GpuIdentity): Gpu {
    const keys = listKeys(identity);
    const gpu = this.#match(identity, keys) ?? this.#add(identity);
    for (const key of keys) if (!this.#known.has(key)) this.#known.set(key, gpu);
    const { index, uuid, busId, name, memoryBytes } = identity;
    gpu.index ??= index ?? null;
    gpu.uuid ||= uuid ?? '';
    gpu.busId ||= busId === undefined ? '' : normalBus(busId);
    gpu.name ||= name ?? '';
    if (memoryBytes !== undefined) gpu.memoryBytes = Math.max(gpu.memoryBytes ?? 0, memoryBytes);
    return gpu;
  }

  /** The GPU that is named, or the only GPU there is. */
  findMeant(identity: GpuIdentity): Gpu | undefined {
    if (listKeys(identity)[0] !== ANY) return this.find(identity);
    return this.#gpus.length === 1 ? this.#gpus[0] : undefined;
  }

  /** A GPU that has been seen by this index or address. */
  findKnown({ index, busId }: GpuIdentity): Gpu | undefined {
    const byBus = busId === undefined ? undefined : this.#known.get(`bus ${normalBus(busId)}`);
    return this.#known.get(`index ${index}`) ?? byBus;
  }

  /** nvidia-smi counts GPUs by PCI address; where a file gives neither, they are counted as they appear. */
  number(): { readonly gpu: Gpu; readonly index: number }[] {
    const taken = new Set(this.#gpus.flatMap(({ index }) => (index === null ? [] : [index])));
    const rest = this.#gpus.filter(({ index }) => index === null);
    if (rest.every(({ busId }) => busId !== ''))
      rest.sort((a, b) => Number(a.busId > b.busId) - Number(a.busId < b.busId));
    let next = 0;
    const counted = rest.map((gpu) => {
      while (taken.has(next)) next++;
      taken.add(next);
      return { gpu, index: next };
    });
    const numbered = this.#gpus.flatMap((gpu) =>
      gpu.index === null ? [] : [{ gpu, index: gpu.index }],
    );
    return [...numbered, ...counted].sort((a, b) => a.index - b.index);
  }

  /** By the first key of its identity that leads to a GPU which the others do not contradict. */
  #match({ index, busId }: GpuIdentity, keys: readonly string[]): Gpu | undefined {
    const bus = busId === undefined ? '' : normalBus(busId);
    return keys
      .map((key) => this.#known.get(key))
      .find(
        (gpu) =>
          gpu !== undefined &&
          (index === undefined || gpu.index === null || gpu.index === index) &&
          (bus === '' || gpu.busId === '' || gpu.busId === bus || gpu.index === (index ?? -1)),
      );
  }

  #add({ index, uuid, busId, name }: GpuIdentity): Gpu {
    if (this.#gpus.length === MAX_GPUS)
      throw new Failure(
        'bad_input',
        `The file names more than ${MAX_GPUS} GPUs.`,
        'Give the output of one machine, or split the file.',
      );
    const gpu: Gpu = {
      index: index ?? null,
      uuid: uuid ?? '',
      busId: busId === undefined ? '' : normalBus(busId),
      name: name ?? '',
      memoryBytes: null,
      room: this.#room,
      times: new NumberColumn(this.#room),
      tick: 0,
      disordered: 0,
      stampUs: null,
      fellBackUs: 0,
      columns: new Map(),
    };
    this.#gpus.push(gpu);
    return gpu;
  }
}

/** The key of a GPU that a file with one GPU does not name. */
const ANY = 'any';

/** From the surest to the weakest. */
function listKeys({ index, busId, uuid }: GpuIdentity): readonly string[] {
  const keys = [
    index === undefined ? null : `index ${index}`,
    busId === undefined ? null : `bus ${normalBus(busId)}`,
    uuid === undefined ? null : `uuid ${uuid}`,
  ].filter((key) => key !== null);
  return keys.length > 0 ? keys : [ANY];
}

const normalBus = (busId: string): string =>
  busId
    .trim()
    .toUpperCase()
    .replace(/^0+(?=[0-9A-F]{4}:)/, '');
