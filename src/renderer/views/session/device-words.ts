/** The device as a person says it: "RTX 4090, 24 GiB", "2 × A100", "this machine's processor". */
import { formatBytes } from '../../../shared/base/format';
import type { SessionDocument } from '../../../shared/session/session-document';

export function deviceWords({
  environment: { gpus, cpu },
  overlay,
}: Pick<SessionDocument, 'environment'> & {
  readonly overlay: Pick<SessionDocument['overlay'], 'series'>;
}): string {
  const shown = gpus.find(({ index }) => overlay.series?.startsWith(`gpu${index}.`)) ?? gpus[0];
  if (!shown) return cpu === '' || cpu === 'unknown' ? 'not known' : `no GPU; ${cpu}`;
  const name = shown.name.replace(/^NVIDIA /, '').replace(/^GeForce /, '');
  const memory = shown.memoryBytes === null ? '' : `, ${formatBytes(shown.memoryBytes)}`;
  const part = (shown.instances ?? []).map(({ slot }) => `MIG ${slot}`).join(' and ');
  const alike = gpus.filter((each) => each.name === shown.name).length;
  const count = alike > 1 ? `${alike} × ` : '';
  return `${count}${name}${memory}${part === '' ? '' : `, confined to ${part}`}`;
}
