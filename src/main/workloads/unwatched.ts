/**
 * Why a script that uses PyTorch says nothing although it was to be watched. Python finds the bootstrap on PYTHONPATH
 * (instrument.ts), and that can be lost on the way: a shell script sets it anew, or an option tells Python not to read
 * it. Then a recording knows no phases, and this says so, once for each reason. Linux alone, since it reads /proc.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename, delimiter } from 'node:path';

export interface PythonProcess {
  readonly args: readonly string[];
  /** As it was started with. */
  readonly env: Readonly<Record<string, string>>;
}

/** A sentence on why this Python does not run what lies in `folder`; null where it does, as far as can be seen. */
export function whyUnwatched({ args, env }: PythonProcess, folder: string): string | null {
  const name = nameScript(args);
  const flag = optionsOf(args).match(/[ISE]/)?.[0];
  if (flag !== undefined)
    return `${name} uses PyTorch and was not watched, since python -${flag} ${flag === 'S' ? 'runs nothing at its start' : 'reads no PYTHONPATH'}: its phases are not known. Start it without -${flag}.`;
  return (env.PYTHONPATH ?? '').split(delimiter).includes(folder)
    ? null
    : `${name} uses PyTorch and was not watched, since PYTHONPATH was set anew before it started: its phases are not known. Let what sets it keep what is there: PYTHONPATH=…${delimiter}$PYTHONPATH.`;
}

/** The letters of options before the script, the module or the code: "Iu" of python -I -u train.py. */
function optionsOf(args: readonly string[]): string {
  let letters = '';
  for (let i = 1; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!/^-[A-Za-z]/.test(arg)) break;
    const own = arg.slice(1);
    const last = /^[^cmWX]*[cmWX]/.exec(own)?.[0];
    letters += (last ?? own).replace(/[cmWX]$/, '');
    if (last === undefined) continue;
    if (/[cm]$/.test(last)) break;
    // -W and -X take what follows, in the same word or the next.
    if (last === own) i++;
  }
  return letters;
}

/** The first word that is no option and no option's value. */
function nameScript(args: readonly string[]): string {
  const module = args.indexOf('-m');
  if (module > 0 && args[module + 1] !== undefined) return `python -m ${args[module + 1]}`;
  const script = args.find((arg, i) => i > 0 && /\.pyw?$/.test(arg));
  return script === undefined ? 'a Python process' : basename(script);
}

/** Looks at the processes of a workload from time to time. */
export class UnwatchedPythons {
  readonly #folder: string;
  readonly #onWarning: (text: string) => void;
  /** By pid the sentence that is due once it has loaded PyTorch; null where there is none. */
  readonly #found = new Map<number, string | null>();
  readonly #said = new Set<string>();

  constructor(folder: string, onWarning: (text: string) => void) {
    this.#folder = folder;
    this.#onWarning = onWarning;
  }

  look(pids: readonly number[]): void {
    const living = new Set(pids);
    for (const pid of this.#found.keys()) if (!living.has(pid)) this.#found.delete(pid);
    for (const pid of pids) {
      if (!this.#found.has(pid)) {
        const python = readPython(pid);
        // Between a fork and the program that follows it is not Python yet: looked at again.
        if (python === null) continue;
        this.#found.set(pid, whyUnwatched(python, this.#folder));
      }
      const why = this.#found.get(pid) ?? null;
      if (why === null || this.#said.has(why) || !hasLoadedTorch(pid)) continue;
      this.#said.add(why);
      this.#onWarning(why);
    }
  }
}

/** Null for what is no Python, or may not be read. */
function readPython(pid: number): PythonProcess | null {
  try {
    if (!/^(python|pypy)[\d.]*t?$/.test(basename(readlinkSync(`/proc/${pid}/exe`)))) return null;
    const words = (file: string) =>
      readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1);
    const env = words('environ').map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)] as const;
    });
    return { args: words('cmdline'), env: Object.fromEntries(env) };
  } catch {
    return null;
  }
}

function hasLoadedTorch(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'latin1').includes('/libtorch');
  } catch {
    return false;
  }
}
