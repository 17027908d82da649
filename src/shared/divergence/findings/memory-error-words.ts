/** The ledger of the moment at which memory ran out, as the message told it, in sentences. */
import { formatBytes, formatList } from '../../base/format';
import type { Bytes } from '../../base/units';
import type { MemoryError } from '../overlay/types';

/** Enough was reserved and in no tensor: not the amount was missing, but one piece that large. */
export function hadEnoughReserved({ asked, unallocated }: MemoryError): boolean {
  return asked !== null && unallocated !== null && unallocated >= asked;
}

/** Empty where the message held no figure besides what was asked for. */
export function describeMemoryError(error: MemoryError): readonly string[] {
  return [
    deviceSentence(error),
    allowedSentence(error),
    processSentence(error),
    othersSentence(error),
    piecesSentence(error),
  ].filter((sentence) => sentence !== null);
}

function deviceSentence({ asked, capacity, free, device }: MemoryError): string | null {
  if (capacity === null && free === null) return null;
  const name = device === null ? 'The device' : `GPU ${device}`;
  const size = capacity === null ? '' : ` of ${formatBytes(capacity)}`;
  if (free === null) return `${name} has ${formatBytes(capacity)}.`;
  const short = asked === null || asked <= free ? '' : `, ${formatBytes(asked - free)} too little`;
  return `${name}${size} had ${formatBytes(free)} free${short}.`;
}

function allowedSentence({ allowed }: MemoryError): string | null {
  return allowed === null ? null : `It was allowed ${formatBytes(allowed)}.`;
}

function processSentence({
  inUse,
  allocated,
  unallocated,
  privatePools,
}: MemoryError): string | null {
  const known = (allocated ?? 0) + (unallocated ?? 0);
  const parts: string[] = [];
  const tell = (bytes: Bytes | null, what: string) => {
    if (bytes !== null) parts.push(`${formatBytes(bytes)} ${what}`);
  };
  tell(
    allocated,
    privatePools === null
      ? 'in tensors'
      : `in tensors (${formatBytes(privatePools)} of them in pools of their own, as CUDA graphs have)`,
  );
  tell(unallocated, 'reserved by the allocator and unused');
  if (inUse === null) return parts.length === 0 ? null : `It held ${formatList(parts)}.`;
  if (allocated !== null && inUse > known)
    tell(inUse - known, 'outside the allocator: context, libraries, other frameworks');
  return `It held ${formatBytes(inUse)}${parts.length === 0 ? '' : `: ${formatList(parts)}`}.`;
}

function othersSentence({ others }: MemoryError): string | null {
  if (others.length === 0) return null;
  return `${formatList(
    others.map(({ pid, bytes }) => `process ${pid} held ${formatBytes(bytes)}`),
  ).replace(/^p/, 'P')}.`;
}

function piecesSentence(error: MemoryError): string | null {
  return hadEnoughReserved(error)
    ? `The ${formatBytes(error.unallocated)} that were reserved and unused are more than was asked for, but not in one piece: fragmentation is the cause.`
    : null;
}
