import { describe, expect, it } from 'vitest';
import { MiB } from '../../../../../src/shared/base/units';
import type { BlockEdge, Marker } from '../../../../../src/shared/trace/types';
import { findingsFor, phase, series } from '../../../../support/overlay-scenario';

interface Layers {
  readonly nameOf?: (i: number) => string;
  /** What block `i` saves in forward, in MiB, and what of it backward gives back. */
  readonly saves: (i: number) => number;
  readonly frees?: (i: number) => number;
  readonly steps?: number;
}

const LAYERS = 24;

/** Markers and the framework's line of a training whose layers are told edge by edge. */
function training({ saves, frees = saves, steps = 5, nameOf = (i) => `layers.${i}` }: Layers) {
  const markers: Marker[] = [];
  const points: [number, number][] = [];
  let held = 1000 * MiB;
  const names = Array.from({ length: LAYERS }, (_, i) => nameOf(i));
  for (let step = 1; step <= steps; step++) {
    for (const name of ['forward', 'backward'] as const) {
      const t0 = 1000 * step + (name === 'forward' ? 0 : 500);
      const edges: BlockEdge[] = [];
      for (let k = 0; k < LAYERS; k++) {
        const block = name === 'forward' ? k : LAYERS - 1 - k;
        edges.push([block, 0, (t0 + 10 * k) * 1000, held]);
        held += (name === 'forward' ? saves(block) : -frees(block)) * MiB;
        edges.push([block, 1, (t0 + 10 * k + 5) * 1000, held]);
      }
      const memory = { allocated: held, blocks: { kind: 'Block', names, edges } };
      markers.push(...phase(name, step, t0, t0 + 400, memory));
      points.push([t0 + 400, held]);
    }
  }
  const durationUs = 1000 * (steps + 1) * 1000;
  return { markers, series: [series('framework.allocated', points, null)], durationUs };
}

describe('blocks of a model', () => {
  it('that keep alike, in order or not at all, are no finding', () => {
    expect(findingsFor(training({ saves: () => 50 }))).toEqual([]);
    // Layers of two kinds in turn have no like, and neither have stages that halve.
    expect(findingsFor(training({ saves: (i) => (i % 2 === 0 ? 50 : 80) }))).toEqual([]);
    expect(findingsFor(training({ saves: (i) => 800 / 2 ** Math.floor(i / 6) }))).toEqual([]);
  });

  it('of an encoder and its decoder are held against their own', () => {
    const nameOf = (i: number) => (i < 12 ? `encoder.block.${i}` : `decoder.block.${i - 12}`);
    const both = (i: number) => (i < 12 ? 50 : 80);
    expect(findingsFor(training({ saves: both, nameOf }))).toEqual([]);
    const [odd, ...rest] = findingsFor(
      training({ saves: (i) => both(i) + (i === 15 ? 30 : 0), nameOf }),
    );
    expect(rest).toEqual([]);
    expect(odd).toMatchObject({
      title: 'decoder.block.3 keeps 30.0 MiB that its neighbours do not',
      bytes: 30 * MiB,
    });
    expect(odd?.evidence.join(' ')).toContain('the other blocks of decoder.block keep 80.0 MiB');
  });

  it('of which one keeps more are told by its number, and whether backward gives it back', () => {
    const [odd, ...rest] = findingsFor(training({ saves: (i) => (i === 17 ? 262 : 50) }));
    expect(rest).toEqual([]);
    expect(odd).toMatchObject({
      kind: 'retained',
      title: 'Block 17 keeps 212 MiB that its neighbours do not',
      bytes: 212 * MiB,
      phase: 'forward',
      confidence: 'high',
    });
    expect(odd?.evidence.join(' ')).toMatch(/layers\.17 keeps 262 MiB .* keep 50.* gives it back/);
  });

  it('name where a leak begins', () => {
    const kept = training({ saves: (i) => (i === 3 ? 90 : 50), frees: () => 50, steps: 8 });
    const [leak, ...rest] = findingsFor(kept);
    expect(rest).toEqual([]);
    expect(leak).toMatchObject({ kind: 'leak', slope: { bytes: 40 * MiB, per: 'step' } });
    expect(leak?.title).toMatch(/from block 3 \(layers\.3\) on/);
  });

  it('that keep alike in forward are told apart in backward', () => {
    const flat = { saves: () => 50, frees: (i: number) => (i === 9 ? 18 : 50), steps: 3 };
    const [odd, ...rest] = findingsFor(training(flat)).filter(({ kind }) => kind === 'retained');
    expect(rest).toEqual([]);
    expect(odd).toMatchObject({
      title: 'Block 9 keeps 32.0 MiB that its neighbours do not, in backward',
      phase: 'backward',
      bytes: 32 * MiB,
    });
    expect(odd?.evidence.join(' ')).toMatch(/gives 18.* back in layers\.9, .* gives 50.* back/);
    // Gradients of weights come in every block alike.
    expect(findingsFor(training({ saves: () => 50, frees: () => 50, steps: 6 }))).toEqual([]);
  });

  it('name where a leak of backward begins', () => {
    const findings = findingsFor(
      training({ saves: () => 50, frees: (i) => (i === 9 ? 18 : 50), steps: 8 }),
    );
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ kind: 'leak', slope: { bytes: 32 * MiB, per: 'step' } });
    expect(findings[0]?.title).toMatch(/from block 9 \(layers\.9\) in backward on/);
  });

  it('of the first pass alone, in which libraries take what they need, are not believed', () => {
    const { markers, ...others } = training({ saves: () => 50 });
    const first = markers.findIndex(({ type }) => type === 'memory');
    const marker = markers[first];
    if (marker?.type !== 'memory' || !marker.memory.blocks) throw new Error('it tells its blocks');
    const raised = marker.memory.blocks.edges.map(
      ([block, edge, t, bytes]): BlockEdge => [block, edge, t, bytes + (t > 1e6 ? 64 * MiB : 0)],
    );
    const blocks = { ...marker.memory.blocks, edges: raised };
    const changed = markers.with(first, { ...marker, memory: { ...marker.memory, blocks } });
    expect(findingsFor({ ...others, markers: changed })).toEqual([]);
  });
});
