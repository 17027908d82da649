/** The Python helper's end of the channel, where whoever listens is slow or gone, and where values are no JSON. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { python, runPython } from '../support/python';
import { repository } from '../support/repository';

const helpers = join(repository, 'resources/python');
const prelude = `import sys; sys.path.insert(0, ${JSON.stringify(helpers)}); import plumbline\n`;

/** Runs `code` with a listener that reads nothing by itself; `met` gets the connection once the script prints a line. */
async function withListener(
  code: string,
  met: (socket: Socket) => void | Promise<void>,
): Promise<{
  readonly code: number | null;
  readonly signal: string | null;
  readonly text: string;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
  const path = join(folder, 'm.sock');
  let text = '';
  const connected = Promise.withResolvers<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    connected.resolve(socket.pause());
  });
  try {
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const child = spawn(python!, ['-c', prelude + code], {
      env: { ...process.env, PLUMBLINE_SOCKET: path, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.on('close', (code, signal) => resolve({ code, signal })),
    );
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const socket = await connected.promise;
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await met(socket);
    const end = await ended;
    await closed;
    return { ...end, text };
  } finally {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

const skipped = python ? '' : ' (skipped: python3 was not found)';
describe.skipIf(!python || process.platform === 'win32')(`the helper's channel${skipped}`, () => {
  it('says how many markers were dropped, once somebody listens again before the exit is over', async () => {
    const { code, text } = await withListener(
      `for i in range(60_000): plumbline.note('x' * 100)\nprint('flooded', flush=True)\n`,
      async (socket) => {
        await delay(300); // at the exit it waits for a second
        socket.resume();
      },
    );
    expect(code).toBe(0);
    const lines = text.trimEnd().split('\n');
    expect(lines.every((line) => line.endsWith('}'))).toBe(true);
    const last = JSON.parse(lines.at(-1)!) as { readonly text: string };
    const [, dropped] = /^(\d+) markers were dropped/.exec(last.text) ?? [];
    // All that was noted was told or counted; beside the notes there are the process and this remark.
    expect(Number(dropped) + lines.length - 2).toBe(60_000);
  });

  it('outlives whoever listened, though the script lets SIGPIPE end it as the system would', async () => {
    const { code, signal } = await withListener(
      `import signal, time
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
plumbline.note('here')
print('noted', flush=True)
for i in range(100): plumbline.note('still here'); time.sleep(0.01)`,
      (socket) => void socket.destroy(),
    );
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  });

  it('keeps numbers that JSON has where it stands beside one that JSON has not', async () => {
    const { lines } = await runPython(python!, [
      '-c',
      `${prelude}plumbline.run(lr=0.5, batch=2, limit=float('inf'), betas=(0.9, float('nan')))`,
    ]);
    expect(lines.find(({ type }) => type === 'run')?.fields).toEqual({
      lr: 0.5,
      batch: 2,
      limit: 'inf',
      betas: [0.9, 'nan'],
    });
  });
});
