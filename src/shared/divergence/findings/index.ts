/**
 * Findings: divergences with a name, bytes, evidence and confidence. Each detector looks for one kind; the last tells
 * what the others leave unexplained. A clean or an empty trace has no findings.
 */
import type { Finding } from '../types';
import { context } from './context';
import { leak } from './leak';
import { otherProcess } from './other-process';
import { outOfMemory } from './out-of-memory';
import type { Detector, FindingsInput } from './protocol';
import { unexplained } from './unexplained';

export type { Detector, FindingsInput } from './protocol';

const DETECTORS: readonly Detector[] = [outOfMemory, leak, context, otherProcess, unexplained];

export function findingsOf(input: FindingsInput): Finding[] {
  const found: Finding[] = [];
  for (const detector of DETECTORS) found.push(...detector.find(input, found));
  return found;
}
