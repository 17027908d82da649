/**
 * The desktop application as a test sees it, whether Electron itself or the double runs it: the same built entry, the
 * same questions.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { _electron, type Page } from 'playwright-core';
import { browserUnavailable } from '../../support/browser.ts';
import { launchDouble } from './launch.ts';

const root = resolve(import.meta.dirname, '..', '..', '..');
const entry = join(root, 'out', 'main', 'index.js');

export interface Desktop {
  readonly page: Page;
  /** Process id of the engine's utility process. */
  enginePid(): Promise<number>;
  /** What a person will press at the next question: the button's index. */
  willAnswer(button: number): Promise<void>;
  /** Texts of the questions and notices shown so far. */
  questions(): Promise<readonly string[]>;
  /** As a person quits: does not wait. */
  quit(): void;
  /** Resolves once the application has ended. */
  readonly ended: Promise<void>;
  /** Makes sure of it. */
  dispose(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** Why it cannot be tried on this machine, or null. */
  readonly unavailable: string | null;
  launch(home: string): Promise<Desktop>;
}

/** The application's build, made if there is none. */
export function ensureBuilt(): void {
  if (!existsSync(entry))
    execFileSync(process.execPath, [join(root, 'bin', 'bootstrap.mjs'), 'build'], {
      cwd: root,
      stdio: 'inherit',
    });
}

function environment(home: string): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  // Nothing of the test runner's own reaches the application.
  return {
    ...Object.fromEntries(
      inherited.filter(
        ([name]) => !/^(VITEST|NODE_OPTIONS|ELECTRON_|PLUMBLINE_(?!CHROME))/.test(name),
      ),
    ),
    PLUMBLINE_HOME: home,
  };
}

interface Question {
  readonly message?: string;
}

export const onDouble: Subject = {
  name: 'the double of Electron',
  unavailable: browserUnavailable(),
  async launch(home) {
    const app = await launchDouble(entry, environment(home));
    const ended = new Promise<void>((done) => app.process.once('exit', () => done()));
    try {
      return {
        page: await app.firstWindow(),
        enginePid: async () => Number((await app.calls('utilityProcess.fork')).at(-1)?.args[1]),
        willAnswer: async (value) =>
          void (await app.ask({ op: 'answer', name: 'dialog.showMessageBox', value })),
        questions: async () =>
          (await app.calls('dialog.showMessageBox')).map(
            ({ args }) => (args[0] as Question).message ?? '',
          ),
        quit: () => void app.ask({ op: 'quit' }).catch(() => {}),
        ended,
        dispose: async () => void (await app.close()),
      };
    } catch (error) {
      await app.close();
      throw new Error(`${error instanceof Error ? error.message : error}\n${app.output()}`);
    }
  },
};

function electronBinary(): string | null {
  const folder = join(root, 'node_modules', 'electron');
  const pathFile = join(folder, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const binary = join(folder, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(binary) ? binary : null;
}

function electronUnavailable(): string | null {
  if (electronBinary() === null)
    return 'Electron’s binary is not installed (npx install-electron fetches it)';
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return 'Electron needs a display (xvfb-run gives one)';
  return null;
}

export const onElectron: Subject = {
  name: 'Electron',
  unavailable: electronUnavailable(),
  async launch(home) {
    const executablePath = electronBinary();
    if (executablePath === null) throw new Error('no Electron binary');
    const args =
      process.platform === 'linux' && process.getuid?.() === 0
        ? ['--no-sandbox', dirname(dirname(dirname(entry)))]
        : [root];
    const app = await _electron.launch({ executablePath, args, env: environment(home) });
    const ended = new Promise<void>((done) => app.once('close', () => done()));
    await app.evaluate(({ dialog }) => {
      const state = { answers: [] as number[], asked: [] as string[] };
      Object.assign(globalThis, { plumblineTest: state });
      dialog.showMessageBox = async (...given: unknown[]) => {
        const options = given.at(-1) as Electron.MessageBoxOptions;
        state.asked.push(options.message);
        return { response: state.answers.shift() ?? options.cancelId ?? 0, checkboxChecked: false };
      };
    });
    type State = { plumblineTest: { answers: number[]; asked: string[] } };
    return {
      page: await app.firstWindow(),
      enginePid: () =>
        app.evaluate(
          ({ app: main }) =>
            main.getAppMetrics().find(({ name }) => name === 'Plumbline engine')?.pid ?? Number.NaN,
        ),
      willAnswer: (button) =>
        app.evaluate(
          (_electronModule, value) =>
            void (globalThis as unknown as State).plumblineTest.answers.push(value),
          button,
        ),
      questions: () => app.evaluate(() => (globalThis as unknown as State).plumblineTest.asked),
      quit: () => void app.evaluate(({ app: main }) => main.quit()).catch(() => {}),
      ended,
      dispose: () => app.close().catch(() => {}),
    };
  },
};
