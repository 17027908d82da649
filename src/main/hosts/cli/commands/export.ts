/** `plumbline export`: a session's measurements for other programs, the whole session file, or the file it was imported from. */

import { extname } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { buildDocument } from '../../../../shared/session/document';
import type { SessionData } from '../../../../shared/session/types';
import { openLibrary } from '../../../store/library';
import { openDatabase } from '../../../store/open-database';
import { unpackRawFile } from '../../../store/raw-file';
import { readSession } from '../../../store/session-data';
import { openSession } from '../../../store/session-file';
import { type Output, toJson } from '../output';
import { writeFile } from '../write-file';

const FORMATS = ['csv', 'json', 'plumbline', 'raw'] as const;
type Format = (typeof FORMATS)[number];

export function registerExport(program: Command, output: Output): void {
  program
    .command('export')
    .description(
      "write a session's samples as CSV or JSON, the session file itself, or the file it was imported from as it came (raw)",
    )
    .argument('<id>', 'id of the session, or its beginning')
    .requiredOption('--format <format>', FORMATS.join(', '))
    .option('--out <path>', 'file or folder to write to; "-" for standard output (csv, json)', '.')
    .action((id: string, options: { format: string; out: string }) => {
      const format = FORMATS.find((each) => each === options.format);
      if (!format)
        throw new Failure(
          'bad_input',
          `There is no export format "${options.format}".`,
          `Use one of ${FORMATS.join(', ')}.`,
        );
      const path = openLibrary().pathOf(id);
      const toStdout = options.out === '-';
      if (toStdout && (format === 'plumbline' || format === 'raw'))
        throw new Failure(
          'bad_input',
          `The export ${format} cannot be written to standard output.`,
          'Give a file or folder with --out.',
        );
      const { fileName, contents } = exported(path, format);
      if (toStdout) {
        output.result({ format, text: String(contents) }, () => String(contents));
        return;
      }
      const written = writeFile(
        contents,
        options.out,
        fileName,
        [...FORMATS, extname(fileName).slice(1)].filter((ending) => ending !== ''),
        'export',
      );
      output.result({ path: written, bytes: Buffer.byteLength(contents) }, () => written);
    });
}

function exported(path: string, format: Format): { fileName: string; contents: string | Buffer } {
  const reader = openSession(path);
  try {
    if (format === 'raw') {
      const { file, contents } = unpackRawFile(reader.meta('raw'), reader.id);
      // Under a name of its own: the original may have grown since.
      return { fileName: `${reader.id}-${file}`, contents };
    }
    const fileName = `${reader.id}.${format}`;
    if (format === 'plumbline') return { fileName, contents: readSessionFile(path) };
    const session = readSession(reader);
    return { fileName, contents: format === 'csv' ? renderCsv(session) : renderJson(session) };
  } finally {
    reader.close();
  }
}

/** One row per sample; a gap is a row without a value, with its end and its reason. Times are microseconds from the start. */
function renderCsv({ series }: SessionData): string {
  const parts = ['time_us,series,unit,value,until_us,absent\n'];
  for (const { info, times, values, gaps } of series) {
    let gap = 0;
    for (let i = 0; i <= times.length; i++) {
      for (; gap < gaps.length && (i === times.length || gaps[gap]!.t0 <= times[i]!); gap++) {
        const { t0, t1, reason } = gaps[gap]!;
        parts.push(`${t0},${info.id},${info.unit},,${t1},${reason}\n`);
      }
      if (i < times.length) parts.push(`${times[i]},${info.id},${info.unit},${values[i]},,\n`);
    }
  }
  return parts.join('');
}

/** What `show --json` prints, and every sample under `traces`. */
function renderJson(session: SessionData): string {
  const traces = session.series.map(({ info, times, values, gaps }) => ({
    id: info.id,
    unit: info.unit,
    times,
    values,
    gaps,
  }));
  return `${toJson({ ...buildDocument(session), traces })}\n`;
}

/** The database as one file, whatever log lies beside it. */
function readSessionFile(path: string): Buffer {
  const { db } = openDatabase(path);
  try {
    return db.serialize();
  } finally {
    db.close();
  }
}
