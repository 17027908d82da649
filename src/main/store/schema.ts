/**
 * The layout of a session file. Everything a session is lies in these tables; nothing else is needed to open it.
 *
 * Format history (user_version):
 *   1  the first: meta, series, chunk, gap, marker, log, note, warning
 *
 * Every change of layout raises SCHEMA_VERSION by one and adds a step to upgrade.ts and a fixture of the version left.
 */

/** "PlmL": tells a session file from any other SQLite database. */
export const APPLICATION_ID = 0x506c6d4c;
export const SCHEMA_VERSION = 1;
export const EXTENSION = '.plumbline';

/**
 * A chunk holds about a thousand samples of one series as two columns (see chunks.ts), and beside them what a
 * zoomed-out view needs without opening the blob. The newest chunk of a series is rewritten as it fills; `seq` orders
 * the chunks of a series. `crc` is the CRC-32 of `data`: SQLite itself does not notice a flipped bit.
 */
export const DDL = `
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
