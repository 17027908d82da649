/**
 * The chain of upgraders: step v turns a database of version v into one of version v + 1. Opening never changes a
 * file, so an old session is upgraded in a copy in memory; the file stays as the program that recorded it left it.
 */
import Database from 'better-sqlite3';
import { SCHEMA_VERSION } from './schema';

type UpgradeStep = (db: Database.Database) => void;

/** Keyed by the version the step starts from. Version 1 is the first, so the chain is empty until there is a second. */
const UPGRADES: Readonly<Record<number, UpgradeStep>> = {};

/** A database in memory at the version `target`; `db` itself is left as it is, and stays open. */
export function upgradedCopy(
  db: Database.Database,
  steps: Readonly<Record<number, UpgradeStep>> = UPGRADES,
  target = SCHEMA_VERSION,
): Database.Database {
  const copy = new Database(db.serialize());
  try {
    for (let version = readVersion(copy); version < target; version++) {
      const step = steps[version];
      if (step === undefined)
        throw new Error(`There is no upgrade from session format ${version}.`);
      copy.transaction(() => {
        step(copy);
        copy.pragma(`user_version = ${version + 1}`);
      })();
    }
  } catch (error) {
    copy.close();
    throw error;
  }
  return copy;
}

export function readVersion(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}
