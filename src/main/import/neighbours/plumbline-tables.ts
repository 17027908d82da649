/** The plain SQLite tables that Plumbline exports, read again: series, samples, gaps, phases and notes where they were. */
import type { SeriesInfo } from '../../../shared/trace/types';
import type { FileFormat } from '../protocol';
import { hasTables, readForeign } from './foreign-database';
import { ExportedRows } from './plumbline-samples';

export const plumblineTables: FileFormat = {
  kind: 'plumbline-tables',
  recognizes: (path, head) => hasTables(path, head, ['session', 'series', 'samples', 'gaps']),
  read(path, _name, trace) {
    readForeign(path, (tables) => {
      const rows = new ExportedRows(trace);
      for (const [key, value] of tables.rows('session', ['key', 'value'])) {
        const ms = key === 'started_at' ? Date.parse(String(value)) : Number.NaN;
        if (!Number.isNaN(ms)) trace.epochUs = ms * 1000;
      }
      const known = new Map<unknown, SeriesInfo | null>();
      for (const [series, unit] of tables.rows('series', ['series', 'unit']))
        known.set(series, rows.info(series, unit));
      for (const [series, t, value] of tables.rows('samples', ['series', 'time_us', 'value']))
        rows.sample(known.get(series) ?? null, t, value);
      for (const [series, t0, t1, reason] of tables.rows('gaps', [
        'series',
        'time_us',
        'until_us',
        'absent',
      ]))
        rows.gap(known.get(series) ?? null, t0, t1, reason);
    });
  },
};
