import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { launchDouble } from '../doubles/electron/launch.ts';
import { browserUnavailable } from '../support/browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-entries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const register = join(import.meta.dirname, '..', 'doubles', 'electron', 'register.mjs');

/** Runs an entry of the given text on the double, with nobody attached; what it wrote and its exit code. */
async function run(name: string, text: string): Promise<{ code: number | null; output: string }> {
  const entry = join(folder, name);
  writeFileSync(entry, text);
  const child = spawn(process.execPath, ['--import', register, entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('the double of Electron', () => {
  test('never becomes ready for an entry that awaits readiness at its top level, as Electron does not', async () => {
    const { code, output } = await run(
      'await.mjs',
      "import { app } from 'electron';\nawait app.whenReady();\nconsole.log('reached');\n",
    );
    expect(code).toBe(13); // Node's own code for a top-level await that never settles
    expect(output).toContain('never finished loading');
    expect(output).not.toContain('reached');
  });

  test('names what it does not double, be it an export, a member or a menu role', async () => {
    expect(
      (await run('tray.mjs', "import { Tray } from 'electron';\nconsole.log(Tray);\n")).output,
    ).toContain("'Tray'");
    expect(
      (await run('dock.mjs', "import { app } from 'electron';\napp.dock.hide();\n")).output,
    ).toContain('no app.dock');
    const role = "import { Menu } from 'electron';\nMenu.buildFromTemplate([{ role: 'quti' }]);\n";
    expect((await run('role.mjs', role)).output).toContain('no menu role quti');
  });

  test('serves require as well as import', async () => {
    const { code, output } = await run(
      'main.cjs',
      "console.log(typeof require('electron').app.whenReady, process.type);\nprocess.exit(0);\n",
    );
    expect({ code, output: output.trim() }).toEqual({ code: 0, output: 'function browser' });
  });

  test('takes the V8 flags of a utility process where Chromium does', async () => {
    writeFileSync(join(folder, 'flags.mjs'), 'console.log(typeof gc);\nprocess.exit(0);\n');
    const entry = `import { app, utilityProcess } from 'electron';
      app.whenReady().then(() => utilityProcess.fork(${JSON.stringify(join(folder, 'flags.mjs'))}, [], { execArgv: ['--js-flags=--expose-gc'] }).on('exit', () => process.exit(0)));\n`;
    expect((await run('flags-app.mjs', entry)).output.trim()).toBe('function');
  });

  test('ends with its utility processes when whoever started it lets go', async ({ skip }) => {
    const reason = browserUnavailable();
    if (reason !== null) skip(reason);
    writeFileSync(join(folder, 'utility.mjs'), "process.parentPort.on('message', () => {});\n");
    const entry = join(folder, 'app.mjs');
    writeFileSync(
      entry,
      `import { app, utilityProcess } from 'electron';\napp.whenReady().then(() => utilityProcess.fork(${JSON.stringify(join(folder, 'utility.mjs'))}));\n`,
    );
    const app = await launchDouble(entry, process.env);
    await expect.poll(() => app.calls('utilityProcess.fork'), { timeout: 20_000 }).toHaveLength(1);
    // The utility process writes where the application writes: that end closes only with the last of them.
    const ended = app.process.stdout && once(app.process.stdout, 'end');
    expect(ended).not.toBeNull();
    await app.close();
    await ended;
  });
});
