/**
 * A small program of its own around the package `node-nvidia-smi`, which runs `nvidia-smi -q -x` from PATH without a
 * time limit. Here that can hang or fail without harm: whoever starts this program ends it.
 * It prints one JSON document: `{driver, cuda, gpus:[{busId, uuid, name, memory}]}` or `{error}`.
 * It imports nothing of Plumbline, so that it also runs straight from source.
 */
import nvidiaSmi from 'node-nvidia-smi';

type Xml = Record<string, unknown>;

const isXml = (value: unknown): value is Xml =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const readText = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;
const child = (node: unknown, name: string): unknown => (isXml(node) ? node[name] : undefined);

function summarize(document: unknown) {
  const log = child(document, 'nvidia_smi_log');
  if (!isXml(log)) return { error: 'its answer has no nvidia_smi_log' };
  // One GPU comes as an object, several as an array, none not at all.
  const list = [log.gpu ?? []].flat().filter(isXml);
  return {
    driver: readText(log.driver_version),
    cuda: readText(log.cuda_version),
    gpus: list.map((gpu) => ({
      busId: readText(child(gpu.$, 'id')) ?? readText(child(gpu.pci, 'pci_bus_id')) ?? '',
      uuid: readText(gpu.uuid),
      name: readText(gpu.product_name),
      memory: readText(child(gpu.fb_memory_usage, 'total')),
    })),
  };
}

/** Should whoever started this program be gone by then, it still ends, with the nvidia-smi it waits for. */
const LAST_RESORT_MS = 60_000;
setTimeout(() => {
  if (process.platform !== 'win32') {
    try {
      process.kill(-process.pid, 'SIGKILL');
    } catch {
      // Not the leader of a group: leaving alone must do.
    }
  }
  process.exit(1);
}, LAST_RESORT_MS).unref();

nvidiaSmi((error, data) => {
  const answer = error
    ? { error: (error instanceof Error ? error.message : String(error)).trim() }
    : summarize(data);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
