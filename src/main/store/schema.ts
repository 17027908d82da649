/**
 * The layout of a session file. Everything a session is lies in these tables; nothing else is needed to open it.
 * docs/format.md tells it in prose, and what changed from version to version.
 *
 * Every change of layout raises SCHEMA_VERSION by one, adds a way up to upgrade.ts and keeps a fixture of the version
 * left.
 */

/** "PlmL": tells a session file from any other SQLite database. */
export const APPLICATION_ID = 0x506c6d4c;
export const SCHEMA_VERSION = 3;
export const EXTENSION = '.plumbline';
/** Chosen by measurement, see docs/format.md. */
export const PAGE_BYTES = 2048;

/** Format 1, which is read and no longer written. */
const FIRST_DDL = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE series (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, info TEXT NOT NULL);
CREATE TABLE chunk (
  series INTEGER NOT NULL REFERENCES series(key), seq INTEGER NOT NULL,
  n INTEGER NOT NULL, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL,
  min REAL NOT NULL, min_t INTEGER NOT NULL, max REAL NOT NULL, max_t INTEGER NOT NULL,
  first REAL NOT NULL, last REAL NOT NULL, sum REAL NOT NULL,
  codec INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE UNIQUE INDEX chunk_order ON chunk (series, seq);
CREATE TABLE gap (
  series INTEGER NOT NULL REFERENCES series(key), t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (series, t0)
) WITHOUT ROWID;
CREATE TABLE marker (seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, value TEXT NOT NULL);
CREATE TABLE log (seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE note (seq INTEGER PRIMARY KEY, t INTEGER, text TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE warning (seq INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
`;

/**
 * `chunk` holds the samples of a stretch (level 0) or runs of them (the levels above; see growing-series.ts). A row is
 * written once and never again. `i0` is the place of its first sample in the series and `n` their number, so that a
 * chunk that is missing shows; `entries` is how many samples or runs `data` holds. `times` are shared by the series
 * that were read at one tick. What is not in a chunk yet lies in `tail`, a row a series and commit, and is taken out
 * when it is.
 */
const SAMPLES = `CREATE TABLE chunk (
  id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series(key), level INTEGER NOT NULL,
  t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, i0 INTEGER NOT NULL, n INTEGER NOT NULL, entries INTEGER NOT NULL,
  times INTEGER NOT NULL REFERENCES times(id), summary BLOB NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE UNIQUE INDEX chunk_order ON chunk (series, level, t0);
CREATE TABLE times (id INTEGER PRIMARY KEY, crc INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE tail (
  seq INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series(key), n INTEGER NOT NULL,
  t1 INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL
);
`;

/** Format 2, which is read and no longer written: its rows of text have no checksum. */
const SECOND_DDL = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE series (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, info TEXT NOT NULL);
${SAMPLES}CREATE TABLE gap (
  seq INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series(key),
  t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE UNIQUE INDEX gap_order ON gap (series, t0);
CREATE TABLE marker (seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, value TEXT NOT NULL);
CREATE INDEX marker_time ON marker (t);
CREATE TABLE log (seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX log_time ON log (t);
CREATE TABLE phase (seq INTEGER PRIMARY KEY, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, value TEXT NOT NULL);
CREATE INDEX phase_time ON phase (t0);
CREATE TABLE note (seq INTEGER PRIMARY KEY, t INTEGER, text TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE warning (seq INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
`;

/**
 * `seq` rises with what is told later, so that whoever follows a recording asks for what is beyond the last it has
 * seen; a gap that grows is told anew. Every row of text ends in its checksum: see row-checks.ts.
 */
export const DDL = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE series (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, info TEXT NOT NULL, crc INTEGER NOT NULL);
${SAMPLES}CREATE TABLE gap (
  seq INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series(key),
  t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, reason TEXT NOT NULL, crc INTEGER NOT NULL
);
CREATE UNIQUE INDEX gap_order ON gap (series, t0);
CREATE TABLE marker (seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, value TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX marker_time ON marker (t);
CREATE TABLE log (
  seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL, crc INTEGER NOT NULL
);
CREATE INDEX log_time ON log (t);
CREATE TABLE phase (
  seq INTEGER PRIMARY KEY, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL, value TEXT NOT NULL, crc INTEGER NOT NULL
);
CREATE INDEX phase_time ON phase (t0);
CREATE TABLE note (
  seq INTEGER PRIMARY KEY, t INTEGER, text TEXT NOT NULL, created TEXT NOT NULL, crc INTEGER NOT NULL
);
CREATE TABLE warning (seq INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, crc INTEGER NOT NULL);
`;

/** What a file of each version holds, to the letter: one with anything else in its schema is refused. */
export const SCHEMAS: Readonly<Record<number, string>> = { 1: FIRST_DDL, 2: SECOND_DDL, 3: DDL };

/**
 * A value bound in an equality of a statement with an order, or as its limit. SQLite as it is built here (STAT4) would look
 * at the value while it plans, and plan the statement anew whenever another one is bound, which takes five times as
 * long as to run it. Into a sum it does not look.
 */
export const bound = (name: string): string => `:${name} + 0`;
