/**
 * Launchers with several ranks, through the terminal as a person records them. No torchrun and no mpirun is needed:
 * test/fixtures/launchers/ranks.py starts the ranks as they do, and announces figures that are known beforehand.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { fixture, linux, python } from '../fixtures/workloads/harness';
import { runCli, runJson, temporaryHome } from '../support/cli';

const launcher = fixture('../launchers/ranks.py');
const home = temporaryHome();
afterAll(() => home.dispose());
const MB = 1_000_000;

async function recorded(
  how: string,
  ranks: number,
  options: readonly string[] = [],
): Promise<SessionDocument> {
  const { code, stderr, document } = await runJson<SessionDocument>(
    ['record', '--interval', '50', ...options, '--', python!, launcher, how, String(ranks)],
    home.dir,
  );
  expect(code, stderr).toBe(0);
  return document;
}
const seriesOf = ({ series }: SessionDocument, metric: string) =>
  Object.fromEntries(
    series.filter(({ id }) => id.endsWith(metric)).map(({ id, max }) => [id, max]),
  );

describe.skipIf(!python)(
  `a launcher with several ranks${python ? '' : ' (skipped: python3 was not found)'}`,
  () => {
    let document: SessionDocument;
    beforeAll(async () => {
      document = await recorded('--torchrun', 3);
    }, 60_000);

    it('keeps the markers of each rank apart, in their own order', () => {
      expect(document.warnings).toEqual([]);
      for (const rank of [0, 1, 2]) {
        const own = document.markers.filter((marker) => marker.rank === rank);
        expect(
          own.slice(0, 5).map((marker) => [marker.type, 'event' in marker ? marker.event : null]),
        ).toEqual([
          ['run', null],
          ['phase', 'begin'],
          ['memory', null],
          ['phase', 'end'],
          ['step', 'begin'],
        ]);
        expect(own[0]).toMatchObject({ fields: { index: rank + 1 } });
        expect(
          own
            .filter(({ type }) => type === 'memory')
            .every(
              (marker) =>
                marker.type === 'memory' && marker.memory.allocated === (rank + 1) * MB - 1000,
            ),
        ).toBe(true);
      }
    });

    it('has the framework bytes of each rank as a series of its own; those of rank 0 keep their name', () => {
      expect(seriesOf(document, 'framework.allocated')).toEqual({
        'framework.allocated': MB - 1000,
        'rank1.framework.allocated': 2 * MB - 1000,
        'rank2.framework.allocated': 3 * MB - 1000,
      });
      expect(seriesOf(document, 'framework.reserved')).toEqual({
        'framework.reserved': 2 * MB,
        'rank1.framework.reserved': 4 * MB,
        'rank2.framework.reserved': 6 * MB,
      });
    });

    it.skipIf(!linux)(
      'has the resident memory of each rank, its children included and the launcher left out',
      () => {
        const resident = seriesOf(document, '.rss') as Record<string, number>;
        expect(Object.keys(resident).sort()).toEqual([
          'rank0.rss',
          'rank1.rss',
          'rank2.rss',
          'tree.rss',
        ]);
        const [first, second, third] = [0, 1, 2].map((rank) => resident[`rank${rank}.rss`]!);
        // 30 MB more a rank, less what the interpreters differ by. The tree holds them all, though not all at their highest at once.
        for (const more of [second! - first!, third! - second!])
          expect(Math.abs(more - 30 * MB)).toBeLessThan(6 * MB);
        expect(resident['tree.rss']!).toBeGreaterThan(third!);
      },
    );

    it('lays the fullest rank over the budget, and any other that is asked for', async () => {
      expect(document.overlay).toMatchObject({
        rank: 2,
        series: 'rank2.framework.allocated',
        measuredPeak: { bytes: 3 * MB },
      });
      expect(document.overlay.phases.map(({ rank }) => rank)).toEqual(
        document.overlay.phases.map(() => 2),
      );
      expect(document.overlay.alternatives).toEqual(
        expect.arrayContaining(['framework.allocated', 'rank1.framework.allocated', 'tree.rss']),
      );
      expect(
        document.ranks!.map(({ rank, series, measuredPeak }) => [rank, series, measuredPeak]),
      ).toEqual([
        [0, 'framework.allocated', MB],
        [1, 'rank1.framework.allocated', 2 * MB],
        [2, 'rank2.framework.allocated', 3 * MB],
      ]);
      const show = async (series: string) =>
        (await runJson<SessionDocument>(['show', document.id, '--series', series], home.dir))
          .document.overlay;
      const none = await runJson<{ error: { message: string; remedy: string } }>(
        ['show', document.id, '--series', 'framework.reserved'],
        home.dir,
      );
      expect(none.code).toBe(2);
      expect(none.document.error.message).toContain('framework.reserved is no line');
      expect(none.document.error.remedy).toContain('rank1.framework.allocated');
      expect(await show('rank1.framework.allocated')).toMatchObject({
        rank: 1,
        series: 'rank1.framework.allocated',
        measuredPeak: { bytes: 2 * MB },
      });
      expect(await show('framework.allocated')).toMatchObject({
        rank: 0,
        series: 'framework.allocated',
        measuredPeak: { bytes: MB },
      });
      if (linux) {
        expect(await show('rank1.rss')).toMatchObject({ rank: 1, series: 'rank1.rss' });
        expect(await show('tree.rss')).toMatchObject({ series: 'tree.rss' });
      }
    });

    it('is shown rank by rank in the terminal and in every report', async () => {
      const outputs = [
        await runCli(['show', document.id], home.dir),
        ...(await Promise.all(
          ['html', 'md'].map((format) =>
            runCli(['report', document.id, '--format', format, '--out', '-'], home.dir),
          ),
        )),
      ];
      for (const { stdout } of outputs) {
        expect(stdout).toMatch(/By rank/);
        expect(stdout).toContain('2, shown');
        expect(stdout).toMatch(/Of 3 ranks, rank 2/);
      }
    });

    it('is known by what mpirun leaves its ranks', async () => {
      const { ranks, warnings, series } = await recorded('--mpi', 2);
      expect(warnings).toEqual([]);
      expect(ranks!.map(({ rank, measuredPeak }) => [rank, measuredPeak])).toEqual([
        [0, MB],
        [1, 2 * MB],
      ]);
      if (linux)
        expect(series.map(({ id }) => id)).toEqual(
          expect.arrayContaining(['rank0.rss', 'rank1.rss']),
        );
    });

    it.each([['--plain'], ['--fork']])(
      'has processes, known by their pids, and no ranks where no launcher numbers them: %s',
      async (how) => {
        const { id, ranks, warnings, series, overlay, markers } = await recorded(how, 2);
        expect(warnings).toEqual([]);
        expect(ranks!.map(({ measuredPeak }) => measuredPeak).sort()).toEqual([MB, 2 * MB]);
        const [first, beside] = ranks!;
        expect(first).toMatchObject({ rank: 0, series: 'framework.allocated' });
        expect(first).not.toHaveProperty('process');
        const pid = beside!.process!;
        expect(beside).toMatchObject({ series: `process${pid}.framework.allocated` });
        expect(markers.filter(({ type }) => type === 'note')).toMatchObject([
          {
            rank: beside!.rank,
            text: expect.stringMatching(`^process ${pid} is (ranks.py|ForkProcess-[12])`),
          },
        ]);
        if (linux)
          expect(
            series.flatMap((one) => (/^(rank|process).*rss/.test(one.id) ? [one.id] : [])),
          ).toEqual(expect.arrayContaining(['process0.rss', `process${pid}.rss`]));
        const shown = overlay.rank === 0 ? 'the first process' : `process ${pid}`;
        const { stdout } = await runCli(['show', id], home.dir);
        expect(stdout).toContain('By process, at the highest');
        expect(stdout).toContain(`Of 2 processes, ${shown} is shown`);
        expect(stdout).not.toMatch(/\brank \d/);
      },
    );

    it.skipIf(!linux)(
      'has the peak of the first process, though the second came after it',
      async () => {
        const script = `import os, sys, time; sys.path.insert(0, ${JSON.stringify(fixture('../../../resources/python'))}); import plumbline
plumbline.note("first")
high = bytearray(b"x") * 200_000_000
time.sleep(1)
del high
if os.fork() == 0:
    with plumbline.phase("forward"): time.sleep(1)
    os._exit(0)
os.wait()`;
        const { document } = await runJson<SessionDocument>(
          ['record', '--', python!, '-c', script],
          home.dir,
        );
        const resident = seriesOf(document, '.rss') as Record<string, number>;
        expect(resident['process0.rss']).toBeGreaterThan(200 * MB);
        expect(Object.values(resident).filter((most) => most < 100 * MB)).toHaveLength(1);
      },
    );

    it('has the workers of a rank beside the ranks, also where they inherit its number', async () => {
      const { ranks, warnings } = await recorded('--torchrun-and-workers', 2);
      expect(warnings).toEqual([]);
      expect(ranks!.map(({ rank, process }) => [rank, process === undefined])).toEqual([
        [0, true],
        [1, true],
        [expect.any(Number), false],
        [expect.any(Number), false],
      ]);
    });

    it('is compared with the budget of a rank, not with that of the whole model', async () => {
      const declared = [
        '--model',
        'gpt2',
        '--mode',
        'train',
        '--batch',
        '1',
        '--seq',
        '64',
        '--framework',
        'pytorch',
        '--zero',
        '3',
        '--dp',
        '2',
      ];
      const { overlay, ranks } = await recorded('--torchrun', 2, declared);
      const { document: budget } = await runJson<{
        tiers: { refined: { total: number } };
        perRank: { refined: { levels: { allocated: number } } };
      }>(['budget', ...declared], home.dir);
      expect(overlay.predictedPeak.refined).toBeLessThan(budget.tiers.refined.total);
      expect(overlay.predictedPeak.refined).toBe(budget.perRank.refined.levels.allocated);
      expect(ranks!.map(({ predictedPeak }) => predictedPeak)).toEqual([
        overlay.predictedPeak.refined,
        overlay.predictedPeak.refined,
      ]);
    });
  },
);

describe.skipIf(!python)('one process', () => {
  it('has no ranks, also where others ran before it', async () => {
    const script = (name: string) =>
      `import sys; sys.path.insert(0, ${JSON.stringify(fixture('../../../resources/python'))}); import plumbline\nwith plumbline.phase("forward"): plumbline.memory(5, phase="forward")\nplumbline.note("${name}")`;
    const { document } = await runJson<SessionDocument>(
      [
        'record',
        '--',
        'sh',
        '-c',
        '"$0" -c "$1"; "$0" -c "$2"',
        python!,
        script('one'),
        script('two'),
      ],
      home.dir,
    );
    expect(document.ranks).toBeUndefined();
    expect(document.markers.filter(({ type }) => type === 'note').map(({ rank }) => rank)).toEqual([
      0, 0,
    ]);
    expect(document.series.some(({ id }) => id.startsWith('rank'))).toBe(false);
  });
});
