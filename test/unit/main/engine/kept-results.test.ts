/** Brief documents of finished sessions are kept beside the library, and worked out again where anything differs. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../../../src/main/engine/engine';
import { Sessions } from '../../../../src/main/engine/sessions';
import { openLibrary } from '../../../../src/main/store/library';
import { createSession } from '../../../../src/main/store/session-file';
import { decodeMessage, encodeMessage } from '../../../../src/shared/contract/codec';
import {
  type KnownPhases,
  type PhaseChanges,
  takeChanges,
} from '../../../../src/shared/session/phase-changes';
import { repository } from '../../../support/repository';
import { plainHeader, plainInfo } from '../../../support/session-header';

let dir: string;
let engine: Engine;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-kept-'));
  engine = createEngine({ host: 'cli', library: dir });
});
afterEach(async () => {
  await engine.close();
  rmSync(dir, { recursive: true, force: true });
});

function write(id: string, value: number): void {
  const writer = createSession(dir, plainHeader(id));
  writer.declareSeries(plainInfo('tree.rss'));
  for (let t = 0; t < 1000; t++) writer.append('tree.rss', t * 1000, value + (t % 7));
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1e6 });
  writer.close();
}

const listKept = () => {
  const folder = join(dir, '.kept');
  return existsSync(folder) ? readdirSync(folder) : [];
};
/** Changes what is kept of the one session, so that it shows where an answer came from. */
function mark<Value = { name: string }>(
  change: (kept: { program: string; value: Value }) => void,
): void {
  const [file = ''] = listKept();
  const path = join(dir, '.kept', file);
  const kept = JSON.parse(readFileSync(path, 'utf8'));
  change(kept);
  writeFileSync(path, JSON.stringify(kept));
}
/** As a new process asks. */
function ask() {
  const sessions = new Sessions(openLibrary(dir));
  const brief = sessions.brief({ id: 's' });
  sessions.letGo();
  return brief;
}

describe('a brief document', () => {
  it('is kept, and is the one that would be worked out', () => {
    write('s', 1 << 20);
    const first = ask();
    expect(listKept()).toHaveLength(1);
    expect(ask()).toEqual(JSON.parse(JSON.stringify(first)));
    mark((kept) => {
      kept.value.name = 'from the kept one';
    });
    expect(ask().name).toBe('from the kept one');
  });

  it('is worked out again by another program, and for a file that changed', async () => {
    write('s', 1 << 20);
    ask();
    mark((kept) => {
      kept.program = '0.0.1 of another day';
      kept.value.name = 'stale';
    });
    expect(ask().name).toBe('s');
    mark((kept) => {
      kept.value.name = 'stale';
    });
    await engine.rename({ id: 's', name: 'renamed' });
    expect(ask().name).toBe('renamed');
  });

  it('knows a moment that was marked since, in a session of an older format too', async () => {
    write('s', 1 << 20);
    ask();
    const { id } = await engine.mark({ id: 's', mark: { id: null, t: 1000, text: 'here' } });
    expect(ask().marks).toMatchObject([{ t: 1000, text: 'here' }]);
    await engine.unmark({ id: 's', mark: id });
    expect(ask().marks ?? []).toEqual([]);
    rmSync(join(dir, 's.plumbline'));
    copyFileSync(join(repository, 'test/fixtures/sessions/v1.plumbline'), join(dir, 's.plumbline'));
    const before = ask().marks?.length ?? 0;
    await engine.mark({ id: 's', mark: { id: null, t: 1000, text: 'here' } });
    expect(ask().marks).toHaveLength(before + 1);
  });

  it('is worked out again where what was kept cannot be read', () => {
    write('s', 1 << 20);
    ask();
    const [file = ''] = listKept();
    writeFileSync(join(dir, '.kept', file), '{"program":');
    expect(ask().name).toBe('s');
  });

  it('is not kept of a session that is being recorded, nor of one that was deleted', async () => {
    const writer = createSession(dir, plainHeader('s'));
    writer.flush();
    ask();
    expect(listKept()).toEqual([]);
    writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1e6 });
    writer.close();
    ask();
    expect(listKept()).toHaveLength(1);
    await engine.delete({ id: 's' });
    expect(listKept()).toEqual([]);
  });
});

/** Steps of three phases, of which every one holds something else; the last is still open. */
function writeSteps(id: string, steps = 400): void {
  const writer = createSession(dir, plainHeader(id));
  writer.declareSeries({ ...plainInfo('tree.rss'), metric: 'rss' });
  for (let t = 0; t < 4000; t++)
    writer.append('tree.rss', t * 1000, 2 ** 28 + ((t * 7919) % 2 ** 20));
  for (let step = 0; step < steps; step++)
    for (const [i, name] of ['forward', 'backward', 'optimizer'].entries())
      for (const [event, at] of [
        ['begin', 0],
        ['end', 2900],
      ] as const)
        if (step < steps - 1 || name !== 'optimizer' || event === 'begin')
          writer.marker({
            type: 'phase',
            t: step * 10_000 + i * 3000 + at,
            rank: 0,
            step,
            name,
            event,
          });
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: steps * 1e4 });
  writer.close();
}

describe('phase rows', () => {
  const once = <T>(tell: (sessions: Sessions) => T): T => {
    const sessions = new Sessions(openLibrary(dir));
    const answer = tell(sessions);
    sessions.letGo();
    return answer;
  };
  const readAll = (sessions: Sessions) => {
    let known: KnownPhases | null = null;
    for (;;) {
      const changes = sessions.phaseChanges({ id: 's', ...(known && { since: known.look }) });
      known = takeChanges(known, changes);
      if (!changes.isMore) return known;
    }
  };
  const questions = (sessions: Sessions) => [
    readAll(sessions).rows,
    sessions.phases({ id: 's', from: 1100, limit: 200 }),
    sessions.phases({ id: 's', limit: 7, order: 'worst', phase: 'backward' }),
    sessions.phases({ id: 's', limit: 50, t0: 1e6, t1: 1.2e6 }),
    sessions.phaseBars({ id: 's', t0: 0, t1: 4e6, columns: 100 }),
  ];

  it('of a finished session are kept, and those of the analysis', () => {
    writeSteps('s');
    const analysed = once((sessions) => {
      expect(readAll(sessions).rows).toEqual(sessions.show({ id: 's' }).overlay.phases);
      return questions(sessions);
    });
    expect(listKept()).toEqual(['s~phases%20']);
    expect(once(questions)).toEqual(JSON.parse(JSON.stringify(analysed)));
    mark<string>((kept) => {
      const answers = decodeMessage(kept.value) as { rows: PhaseChanges['rows'] }[];
      const numbers = answers[0]?.rows.kinds[0]?.numbers ?? [];
      const steps = numbers.find(({ path }) => path.join() === 'step')?.column;
      if (steps && 'steps' in steps) steps.steps[0] = 77;
      kept.value = encodeMessage(answers);
    });
    expect(once((sessions) => sessions.phases({ id: 's', limit: 1 })).rows[0]?.step).toBe(77);
  });

  it('that are still to be worked out are not waited for: the line and its peaks are told before', () => {
    writeSteps('s', 700);
    write('few', 1 << 20);
    once((sessions) => {
      const glance = sessions.glance({ id: 's' });
      const brief = sessions.brief({ id: 's' });
      expect(glance?.series).toEqual(brief.series);
      const { series, baselineBytes, measuredPeak, predictedPeak } = brief.overlay;
      const { observed: _fromItsPhases, ...predicted } = predictedPeak;
      expect(glance?.overlay).toMatchObject({
        ...{ series, baselineBytes, measuredPeak },
        predictedPeak: predicted,
      });
      expect(glance?.counts).toEqual(brief.counts);
      expect(sessions.glance({ id: 's' })).toBeNull();
      expect(sessions.glance({ id: 'few' })).toBeNull();
    });
    // After an upgrade what is kept is another program's, and the picture comes first again.
    mark((kept) => {
      kept.program = '0.0.1 of another day';
    });
    once((sessions) => {
      expect(sessions.glance({ id: 's' })?.overlay.measuredPeak).toBeTruthy();
      sessions.brief({ id: 's' });
      expect(sessions.glance({ id: 's' })).toBeNull();
    });
  });

  it('that a caller has of a finished session are not told again', () => {
    writeSteps('s');
    once((sessions) => {
      const { look } = readAll(sessions);
      const again = sessions.phaseChanges({ id: 's', since: look });
      expect(again).toMatchObject({ look, isMore: false });
      expect(again.at).toHaveLength(0);
    });
  });

  it('of a few phases, and of a moment of a session, are not kept', () => {
    write('s', 1 << 20);
    once((sessions) => sessions.phases({ id: 's', limit: 10 }));
    writeSteps('long');
    once((sessions) => sessions.phases({ id: 'long', limit: 10, until: 2e6 }));
    expect(listKept()).toEqual([]);
  });
});
