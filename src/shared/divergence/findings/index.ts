/**
 * Findings: divergences with a name, bytes, evidence and confidence. Each detector looks for one kind; the last tells
 * what the others leave unexplained. A clean or an empty trace has no findings.
 */
import type { Finding, FindingsInput } from '../overlay/types';
import { allocator } from './allocator';
import { context } from './context';
import { forecast } from './forecast';
import { kvCache } from './kv-cache';
import { leak } from './leak';
import { otherProcess } from './other-process';
import { outOfMemory } from './out-of-memory';
import { preallocatedPool } from './preallocated-pool';
import type { Detector } from './protocol';
import { settings } from './settings';
import { unexplained } from './unexplained';

export type { FindingsInput } from '../overlay/types';
export type { Detector } from './protocol';

/**
 * In this order. A setting that accounts for everything needs no leak beside it, since a cache twice as large also grows
 * with every token; where none does, growth is named first and settings are tried on what it leaves.
 */
const DETECTORS: readonly Detector[] = [
  outOfMemory,
  preallocatedPool,
  settings,
  leak,
  settings,
  kvCache,
  context,
  allocator,
  otherProcess,
  forecast,
  unexplained,
];

export function findDivergences(input: FindingsInput): Finding[] {
  const found: Finding[] = [];
  for (const detector of DETECTORS) found.push(...detector.find(input, found));
  return found;
}
