/**
 * What recording and looking at long sessions costs, beside a table with a row a sample: figures of this machine, not
 * limits.
 *
 *   npm run bench:trace [share of the full length, 1 unless given] [a folder for the files, else a temporary one]
 *   npm run bench:trace engine     what the engine answers, alone: following, and documents of announced steps
 *
 * Full length is a day of 64 series and a week of 8 at 100 Hz, drawn from a seed (see generator.ts); they take some
 * 1.5 GB and, with everything, some five minutes of an idle machine. Times are processor time, since other programs may
 * use the machine, and by the clock where that is said. Generating is not timed. The row table is measured at 10 million
 * rows and scaled. `growth` says what twice the length costs more; 1 is flat.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type CommitFigures, measureCommits } from './trace/commits';
import { measureBrief, measureBriefApart, measureFollowing } from './trace/engine';
import { measurePeaks } from './trace/peaks';
import { openRowSink, openSessionSink, type Recorded, record } from './trace/sessions';
import { recordSteps } from './trace/steps';
import { lookOnce, measureCold, measureWarm, quantile } from './trace/windows';

const DAY = 86_400;
const WEEK = 7 * DAY;
const ROWS = 10_000_000;

const args = process.argv.slice(2);
if (args[0] === '--look') {
  const [, path = '', durationUs, seed, other] = args;
  lookOnce(path, Number(durationUs), Number(seed), other);
} else if (args[0] === '--brief') {
  const [, library = '', id = ''] = args;
  console.log(JSON.stringify(measureBrief(library, id)));
} else {
  const share = Number(args.find((word) => Number(word) > 0) ?? 1);
  const isEngineAlone = args.includes('engine');
  const named = args.find((word) => !(Number(word) > 0) && word !== 'engine');
  const folder = named ? resolve(named) : mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  mkdirSync(folder, { recursive: true });
  try {
    tellMachine(share);
    if (!isEngineAlone) runStore(share, folder);
    tellEngine(share, folder);
    await tellCommits(folder);
  } finally {
    if (!named && existsSync(folder)) rmSync(folder, { recursive: true });
  }
}

function tellMachine(share: number): void {
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}; ${share} of full length`,
  );
}

function runStore(share: number, folder: string): void {
  const rowsPath = join(folder, 'rows.db');
  const rowSeconds = Math.ceil((ROWS * Math.min(1, share * 10)) / 6400);
  const rows = record(rowsPath, openRowSink(rowsPath), 8, rowSeconds, 'wall');
  tellRecorded('a row a sample, 64 series', rows);

  const [daySeconds, weekSeconds] = [Math.ceil(DAY * share), Math.ceil(WEEK * share)];
  const day = recordSession(folder, 'day', 8, daySeconds, 'wall');
  tellRecorded('a day of 64 series', day, rows);
  const live = recordSession(folder, 'live', 8, Math.ceil(3600 * Math.min(1, share * 4)), 'live');
  tellRecorded('an hour of 64 series, a commit each second recorded', live, rows);
  const week = recordSession(folder, 'week', 1, weekSeconds, 'wall');
  tellRecorded('a week of 8 series', week, rows);

  tellWindows('a day of 64 series', day.path, daySeconds * 1e6, live.path);
  tellWindows('a week of 8 series', week.path, weekSeconds * 1e6, live.path);
  for (const state of ['stored', 'live'] as const) {
    const { cases, lost } = measurePeaks(folder, state);
    console.log(`peaks, ${state}: ${lost} of ${cases} random spans lost one`);
  }
}

function tellEngine(share: number, folder: string): void {
  const seconds = Math.ceil(3600 * Math.min(1, share));
  const looks = measureFollowing(folder, seconds);
  console.log(
    `\na recording of 64 series, followed after ${seconds} s: brief document and a picture of 8 series, p50 ${quantile(looks, 0.5).toFixed(1)} ms, p95 ${quantile(looks, 0.95).toFixed(1)} ms`,
  );
  for (const steps of [3000, 10_000].map((all) => Math.ceil(all * Math.min(1, share * 4)))) {
    const id = `steps-${steps}`;
    if (!existsSync(join(folder, `${id}.plumbline`))) recordSteps(folder, id, steps);
    const ask = () => measureBriefApart(process.argv[1] ?? '', folder, id);
    rmSync(join(folder, '.kept'), { recursive: true, force: true });
    const rebuilt = ask();
    const kept = Array.from({ length: 10 }, ask);
    const told = (which: 'pictureMs' | 'briefMs' | 'againMs') => {
      const p50 = quantile(
        kept.map((figures) => figures[which]),
        0.5,
      );
      return `${p50.toFixed(1)} ms`;
    };
    console.log(
      `\n${steps} announced steps, brief document of ${(rebuilt.bytes / 1000).toFixed(0)} kB\n` +
        `  a new process, kept results  picture ${told('pictureMs')}, then the document ${told('briefMs')}, again ${told('againMs')} (median of 10)\n` +
        `  rebuilt after an upgrade     picture ${rebuilt.pictureMs.toFixed(0)} ms, then the document ${rebuilt.briefMs.toFixed(0)} ms`,
    );
  }
}

/** Of the sessions that were recorded before, the day of 64 series among them where it was. */
async function tellCommits(folder: string): Promise<void> {
  const ids = readdirSync(folder)
    .filter((file) => /^(day|week|steps-\d+)\.plumbline$/.test(file))
    .map((file) => basename(file, '.plumbline'));
  const tell = (title: string, { longestMs, commits, seconds }: CommitFigures) =>
    console.log(
      `  ${title.padEnd(36)} ${longestMs.toFixed(0)} ms at most between ${commits} commits in ${seconds.toFixed(0)} s`,
    );
  rmSync(join(folder, '.kept'), { recursive: true, force: true });
  console.log(`\na recording of 64 series, and what is opened beside it`);
  tell('nothing', await measureCommits(folder, [], 10));
  tell(ids.join(', '), await measureCommits(folder, ids, 0));
}

function recordSession(
  folder: string,
  id: string,
  gpus: number,
  seconds: number,
  pace: 'wall' | 'live',
): Recorded {
  const path = join(folder, `${id}.plumbline`);
  return record(path, openSessionSink(folder, id, gpus), gpus, seconds, pace);
}

function tellRecorded(title: string, recorded: Recorded, rows?: Recorded): void {
  const { values, seconds, halfSeconds, bytes, commits, commitMs } = recorded;
  const [rate, size] = [values / seconds / 1e6, bytes / values];
  const beside = rows && {
    rate: rate / (rows.values / rows.seconds / 1e6),
    size: size / (rows.bytes / rows.values),
  };
  console.log(
    `\n${title}: ${(values / 1e6).toFixed(1)} M values, ${(bytes / 2 ** 20).toFixed(0)} MiB`,
  );
  console.log(
    `  recorded   ${rate.toFixed(2)} M values/s${beside ? `, ${beside.rate.toFixed(1)} times the row table` : ''}; growth ${((seconds - halfSeconds) / halfSeconds).toFixed(2)}; ${commits} commits, the longest ${commitMs.toFixed(0)} ms`,
  );
  console.log(
    `  stored     ${size.toFixed(3)} bytes a value${beside ? `, 1/${(1 / beside.size).toFixed(1)} of the row table` : ''}`,
  );
}

function tellWindows(title: string, path: string, durationUs: number, other: string): void {
  const warm = measureWarm(path, durationUs, 50);
  const told = (values: readonly number[]) =>
    `p50 ${quantile(values, 0.5).toFixed(2)} ms, p95 ${quantile(values, 0.95).toFixed(2)} ms`;
  console.log(`\n${title}, any window at 2,000 px`);
  console.log(`  a series, warm    ${told(warm.series)}`);
  console.log(
    `  a view, warm      ${told(warm.views)}; growth ${(quantile(warm.whole, 0.5) / quantile(warm.half, 0.5)).toFixed(2)}`,
  );
  tellCold('a new process', told, path, durationUs);
  tellCold('one that has looked at another session', told, path, durationUs, other);
}

function tellCold(
  title: string,
  told: (values: readonly number[]) => string,
  path: string,
  durationUs: number,
  other?: string,
): void {
  const { figures, isDropped } = measureCold(process.argv[1] ?? '', path, durationUs, 40, other);
  const first = figures.filter((_, seed) => seed % 2 === 0);
  console.log(`  cold, ${title}${isDropped ? '' : '; the page cache could not be dropped'}`);
  console.log(`    a series        ${told(figures.map(({ seriesMs }) => seriesMs))}`);
  console.log(`    a view          ${told(figures.map(({ viewMs }) => viewMs))}`);
  console.log(
    `    first picture   ${told(first.map(({ firstPictureMs }) => firstPictureMs))} from opening, by the clock ${told(first.map(({ firstPictureWallMs }) => firstPictureWallMs))}; opening and the list of series ${told(figures.map(({ openMs }) => openMs))}; at most ${Math.max(...figures.map(({ peakMiB }) => peakMiB)).toFixed(0)} MiB`,
  );
}
