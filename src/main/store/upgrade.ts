/**
 * From a session file of an older format to one of the present, which is made beside it, compared with it sample by
 * sample, and only then put in its place. Until then the old file is not touched; whatever goes wrong leaves it as it
 * was. Memory stays bounded: samples are carried over a stretch at a time.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../shared/base/failure';
import { EVER } from '../../shared/trace/series';
import type { SeriesInfo } from '../../shared/trace/types';
import { keepEdit, keptEdit } from './kept-edits';
import { openDatabase } from './open-database';
import { EXTENSION, SCHEMA_VERSION } from './schema';
import { annotateSession, replaceMarks } from './session-edit';
import {
  openSession,
  type SampleColumns,
  type SessionReader,
  type StoredSeries,
} from './session-reader';
import { createSession } from './session-writer';
import { damaged, writing } from './sqlite-failures';

/** Samples of a series carried over in one go: series that share their times stay in step. */
const STRETCH = 1 << 16;

/** False where the file is of the present format already. Throws a Failure, and changes nothing, where it cannot be done. */
export function upgradeSession(path: string): boolean {
  const { db, version, result } = openDatabase(path);
  db.close();
  if (version === SCHEMA_VERSION) return false;
  if (result.status === 'recording')
    throw new Failure(
      'bad_input',
      `${basename(path)} is still being recorded.`,
      'Upgrade it when the recording has ended.',
    );
  const beside = join(dirname(path), `.${basename(path, EXTENSION)}.${process.pid}.upgrade`);
  return writing(path, () => {
    rmSync(beside, { recursive: true, force: true });
    mkdirSync(beside);
    try {
      using old = openSession(path);
      const made = carryOver(old, beside);
      using upgraded = openSession(made);
      const differs = firstDifference(old, upgraded);
      if (differs !== null)
        throw damaged(path, `${differs} could not be carried over to the present format`);
      upgraded.close();
      old.close();
      // The name is in the header that was carried over.
      const { marks, ...words } = keptEdit(path);
      annotateSession(made, words);
      if (marks !== undefined) replaceMarks(made, marks);
      renameSync(made, path);
      keepEdit(path, null);
      return true;
    } finally {
      rmSync(beside, { recursive: true, force: true });
    }
  });
}

/** Everything in `old`, as a session of the present format in the folder; returns its path. */
function carryOver(old: SessionReader, folder: string): string {
  const writer = createSession(folder, old.header);
  try {
    for (const [key, value] of old.documents()) if (!OWN.has(key)) writer.setMeta(key, value);
    const infos = old.series();
    for (const info of infos) writer.declareSeries(bare(info));
    for (const { series, t0, t1, reason } of old.gaps()) writer.gap(series, t0, t1, reason);
    for (const [id, { times, values, lost }] of stretches(old)) {
      if (lost.length > 0) throw damaged(old.path, 'a chunk does not match its checksum');
      writer.appendRun(id, times, values);
    }
    for (const marker of old.markers()) writer.marker(marker);
    for (const line of old.logs()) writer.log(line);
    for (const text of old.warnings()) writer.warn(text);
    for (const note of old.notes()) writer.note(note);
    writer.finish(old.result);
    return writer.path;
  } finally {
    writer.close();
  }
}

/** Set by whoever creates or ends a session, from its header and its result. */
const OWN: ReadonlySet<string> = new Set(['identity', 'name', 'layout', 'recorder', 'result']);

/** What was declared, without the figures of what was read since. */
function bare({ count, min, max, mean, peak, ...info }: StoredSeries): SeriesInfo {
  return info;
}

/** All samples, a stretch of each series in turn. */
function* stretches(reader: SessionReader): Iterable<readonly [id: string, SampleColumns]> {
  const open = new Map(reader.series().map(({ id }) => [id, EVER.t0]));
  while (open.size > 0) {
    for (const [id, t0] of open) {
      const columns = reader.samples(id, { t0, t1: EVER.t1 }, STRETCH);
      const last = columns.times.at(-1);
      if (last === undefined || columns.times.length < STRETCH) open.delete(id);
      else open.set(id, last + 1);
      yield [id, columns];
    }
  }
}

/** What of a session is not as it was; null where all is. */
function firstDifference(old: SessionReader, upgraded: SessionReader): string | null {
  const parts: readonly (readonly [string, (reader: SessionReader) => unknown])[] = [
    ['its header', (reader) => reader.header],
    ['its result', (reader) => reader.result],
    ['its summary', (reader) => reader.summary],
    ['the list of its series', (reader) => reader.series().map(bare)],
    ['its gaps', (reader) => reader.gaps()],
    ['its markers', (reader) => reader.markers()],
    ['its log', (reader) => reader.logs()],
    ['its warnings', (reader) => reader.warnings()],
    ['its notes', (reader) => reader.notes()],
  ];
  for (const [name, read] of parts) if (!isDeepStrictEqual(read(old), read(upgraded))) return name;
  const others = stretches(upgraded)[Symbol.iterator]();
  for (const stretch of stretches(old))
    if (!isDeepStrictEqual(stretch, others.next().value)) return `a sample of ${stretch[0]}`;
  return others.next().done === true ? null : 'its samples';
}
