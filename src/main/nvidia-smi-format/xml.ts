/** Reading what `nvidia-smi -q -x` prints: a document as plain objects, asked by name, which may lack anything. */
/// <reference path="./xml2js.d.ts" />
import xml2js from 'xml2js';
import type { Reading } from '../../shared/base/vocabulary';
import { parseQuantity } from './query-csv';

/** nvidia-smi nests nine deep and says some ten thousand things of the largest machine. */
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 500_000;

/** Undefined where it is no XML, or deeper or wider than any that nvidia-smi prints. */
export function parseXml(text: string): unknown {
  let result: unknown;
  // A tag of this name would become the prototype of what is built from it.
  if (text.includes('__proto__') || !isBounded(text)) return undefined;
  try {
    xml2js.parseString(
      text,
      { explicitArray: false, trim: true, async: false },
      (error, document) => {
        result = error ? undefined : document;
      },
    );
  } catch {
    return undefined;
  }
  return result;
}

/** Looked at before it is parsed: the parser and whoever walks its result go down by recursion. */
function isBounded(text: string): boolean {
  let [depth, elements] = [0, 0];
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const next = text[at + 1];
    if (next === '/') depth--;
    else if (next !== '?' && next !== '!') {
      const end = text.indexOf('>', at);
      if (end < 0) return false;
      if (++elements > MAX_ELEMENTS) return false;
      if (text[end - 1] !== '/' && ++depth > MAX_DEPTH) return false;
      at = end;
    }
  }
  return true;
}

export function readField(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, name)
    ? (node as Record<string, unknown>)[name]
    : undefined;
}

export function toList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined ? [] : [value];
}

/** The text at a path; of repeated elements the first. Null where there is none. */
export function textAt(node: unknown, path: string): string | null {
  const value = path.split('/').reduce<unknown>((at, name) => toList(readField(at, name))[0], node);
  return typeof value === 'string' ? value : null;
}

export interface ListedInstance {
  /** Its number within the GPU, as printed. */
  readonly index: string;
  readonly used: Reading;
  readonly total: Reading;
}

/** The MIG devices that the document lists within a GPU. */
export function listedInstances(gpu: unknown): ListedInstance[] {
  return toList(readField(readField(gpu, 'mig_devices'), 'mig_device')).flatMap((instance) => {
    const [index, used, total] = ['index', 'fb_memory_usage/used', 'fb_memory_usage/total'].map(
      (path) => textAt(instance, path),
    );
    return index != null && used != null && /^\d{1,3}$/.test(index)
      ? [{ index, used: parseQuantity(used, 'bytes'), total: parseQuantity(total ?? '', 'bytes') }]
      : [];
  });
}
