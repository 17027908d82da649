/**
 * Workloads under a name, to be recorded again: one JSON file each in the folder `workloads` of the library.
 *
 * A file may have been written by hand or by a later version, so its shape is checked when it is read. Secrets are never
 * in it: a variable whose name looks like one is kept by name alone and taken from the environment when it is run, and a
 * command that holds one is refused.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../shared/base/failure';
import { withoutSecrets } from '../../shared/base/secret-text';
import { storedDocument } from '../../shared/base/stored-document';
import type { RecordRequest, SavedWorkload } from '../../shared/contract/api';
import { withGiven } from '../../shared/contract/record-again';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { makeFolder } from '../install/make-folder';
import { checkDeclaration } from './declaration';
import { withoutValues } from './environment';
import { INSTRUMENTS } from './instrument';

const VERSION = 1;
const EXTENSION = '.json';
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;

const words = z.array(z.string().max(32_768)).max(10_000);
const request = z
  .strictObject({
    bundled: z.literal('gpt2').optional(),
    command: words.min(1).optional(),
    instrument: z.enum(INSTRUMENTS).optional(),
    leaveRunning: z.boolean().optional(),
    weights: z.string().optional(),
    saveWeights: z.string().optional(),
    cwd: z.string().optional(),
    name: z.string().max(500).optional(),
    model: storedDocument<ModelSpec>(z.object({ name: z.string() })).optional(),
    run: storedDocument<RunSpec>(z.object({ mode: z.string() })).optional(),
    experiment: z.strictObject({ id: z.string(), full: z.boolean(), role: z.string() }).optional(),
    intervalMs: z.number().positive().optional(),
    environment: z
      .strictObject({
        only: z.boolean().optional(),
        pass: z.array(z.string()).optional(),
        set: z.record(z.string(), z.string()).optional(),
      })
      .optional(),
  })
  .refine(
    ({ bundled, command }) => (bundled === undefined) !== (command === undefined),
    'either bundled or command',
  );
const document = z.object({ version: z.literal(VERSION), savedAt: z.string(), request });

export interface SavedListing {
  /** By name. */
  readonly workloads: readonly SavedWorkload[];
  readonly damaged: readonly { readonly path: string; readonly message: string }[];
}

export class SavedWorkloads {
  readonly #dir: string;

  /** `library`: the library's folder. Nothing is created before something is saved. */
  constructor(library: string) {
    this.#dir = join(library, 'workloads');
  }

  list(): SavedListing {
    const workloads: SavedWorkload[] = [];
    const damaged: { path: string; message: string }[] = [];
    for (const name of this.#names()) {
      try {
        workloads.push(this.get(name));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        damaged.push({ path: this.#path(name), message: error.message });
      }
    }
    return { workloads, damaged };
  }

  /** Throws `not_found`, `newer_format` or `corrupt`, and `bad_input` where its model or run cannot be. */
  get(name: string): SavedWorkload {
    const found = this.#existing(name);
    const path = this.#path(found);
    let json: unknown;
    try {
      json = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw damagedFile(path, 'it is not JSON', error);
    }
    const version = z.object({ version: z.number() }).safeParse(json);
    if (version.success && version.data.version > VERSION) {
      throw new Failure(
        'newer_format',
        `The saved workload "${found}" was written by a later version of Plumbline.`,
        'Use that version, or save the workload again.',
      );
    }
    const read = document.safeParse(json);
    if (!read.success)
      throw damagedFile(
        path,
        `${read.error.issues[0]?.path.join('.') || 'it'} is not as it must be`,
        read.error,
      );
    const { savedAt, request } = read.data;
    checkDeclaration(request);
    return { name: found, savedAt, request };
  }

  /**
   * `replaces`: the saved workload whose place it takes, under its name or another. Throws `bad_input` for a name that is
   * taken by any other or can be none, a model or run that cannot be, what is not launched from here or cannot be read
   * again, and a command with a secret; `not_found` where there is none to be replaced.
   */
  save(name: string, given: RecordRequest, replaces?: string): SavedWorkload {
    checkDeclaration(given);
    if (!NAME.test(name))
      throw new Failure(
        'bad_input',
        `A workload cannot be saved as "${name}".`,
        'Use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
      ).at('workload');
    refuseUnlaunched(given);
    const replaced = replaces === undefined ? undefined : this.#existing(replaces);
    const taken = this.#find(name);
    if (taken !== undefined && taken !== replaced) {
      throw new Failure(
        'bad_input',
        `There is a saved workload "${name}" already.`,
        `Choose another name, or delete it first: plumbline workloads delete ${name}`,
      ).at('workload');
    }
    refuseSecrets(given.command ?? []);
    const { environment, cwd, ...rest } = given;
    const kept = {
      ...rest,
      ...(given.command && { cwd: resolve(cwd ?? '.') }),
      ...(environment && { environment: withoutValues(environment) }),
    };
    const checked = checkDocument(kept);
    const path = this.#path(name);
    try {
      makeFolder(this.#dir, 0o700);
      const draft = `${path}.${process.pid}.draft`;
      writeFileSync(draft, `${JSON.stringify(checked, null, 2)}\n`, { mode: 0o600 });
      // First under its new name, then with its new contents: at every moment one of the two is there.
      if (replaced !== undefined && replaced !== name) renameSync(this.#path(replaced), path);
      renameSync(draft, path);
    } catch (error) {
      throw unwritable(this.#dir, error);
    }
    return { name, savedAt: checked.savedAt, request: checked.request };
  }

  /** A damaged one can be deleted too. */
  delete(name: string): void {
    const found = this.#existing(name);
    try {
      rmSync(this.#path(found));
    } catch (error) {
      throw unwritable(this.#dir, error);
    }
  }

  #names(): string[] {
    let files: string[];
    try {
      files = readdirSync(this.#dir);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw unwritable(this.#dir, error);
    }
    return files
      .filter((file) => file.endsWith(EXTENSION))
      .map((file) => basename(file, EXTENSION))
      .filter((name) => NAME.test(name))
      .sort();
  }

  /** Upper and lower case are one name, as on file systems that do not tell them apart. */
  #find(name: string): string | undefined {
    return this.#names().find((one) => one.toLowerCase() === name.toLowerCase());
  }

  /** That name as it is spelled; throws `not_found` where there is none. */
  #existing(name: string): string {
    const found = this.#find(name);
    if (found !== undefined) return found;
    throw new Failure(
      'not_found',
      `There is no saved workload "${name}".`,
      'Run plumbline workloads to see those there are; record --save NAME saves one.',
    );
  }

  #path(name: string): string {
    return join(this.#dir, name + EXTENSION);
  }
}

/** What is recorded when a saved workload is run: what `given` says besides its name comes before what was saved. */
export const parseRequest = (
  { name, request }: SavedWorkload,
  given: RecordRequest,
): RecordRequest => ({ name, ...withGiven(request, given) });

function refuseUnlaunched({ pid, prometheus, saved }: RecordRequest): void {
  if (pid !== undefined)
    throw new Failure(
      'bad_input',
      'A process that runs already cannot be saved.',
      'Save the command that starts it.',
    );
  if (prometheus !== undefined)
    throw new Failure(
      'bad_input',
      'What runs on other machines cannot be saved.',
      'Record it by the address of its server each time.',
    );
  if (saved !== undefined)
    throw new Failure(
      'bad_input',
      `The saved workload "${saved}" cannot be saved again by its name.`,
      'Save what it runs.',
    );
}

/** What is written must be readable again. */
function checkDocument(request: RecordRequest): z.output<typeof document> {
  const savedAt = new Date().toISOString();
  const read = document.safeParse({ version: VERSION, savedAt, request });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Failure(
    'bad_input',
    `The workload cannot be saved: ${issue?.path.slice(1).join('.') || 'it'} is not as it must be (${issue?.message}).`,
    'Correct it, or record it without saving it.',
    read.error,
  );
}

function refuseSecrets(command: readonly string[]): void {
  const at = withoutSecrets(command).findIndex((word, i) => word !== command[i]);
  if (at < 0) return;
  const name =
    /^([^=]+)=/.exec(command[at]!)?.[1] ??
    (command[at]!.includes('://')
      ? 'an address with a password'
      : (command[at - 1] ?? 'its first word'));
  throw new Failure(
    'bad_input',
    `The command holds what looks like a secret (${name}), and secrets are never stored.`,
    'Let the program read it from a variable, passed on with --pass-env NAME.',
  );
}

function damagedFile(path: string, why: string, cause: unknown): Failure {
  return new Failure(
    'corrupt',
    `The saved workload ${basename(path)} is damaged: ${why}.`,
    'Correct the file, or delete it and save the workload again. It was not changed.',
    cause,
  );
}

function unwritable(folder: string, error: unknown): Failure {
  return new Failure(
    'unwritable',
    `The folder ${folder} cannot be used: ${(error as Error).message}.`,
    'Free space or correct its permissions, or name another library in PLUMBLINE_HOME.',
    error,
  );
}
