/**
 * Workloads without manners, through the terminal: each is one clear sentence, or a recording that ends and says what
 * came of it. Whatever they do, nothing of theirs is left running and the session can be shown.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LogLimit } from '../../src/main/workloads/log-limit';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { linux, node } from '../fixtures/workloads/harness';
import {
  pidsWithEnvironment,
  runCli,
  runJson,
  startCli,
  temporaryHome,
  until,
} from '../support/cli';

const posix = process.platform !== 'win32';
const home = temporaryHome();
afterAll(() => home.dispose());

let nth = 0;
/** Records `command`; on Linux no process of it may be left afterwards. */
async function recorded(
  command: readonly string[],
): Promise<Awaited<ReturnType<typeof runJson<SessionDocument>>>> {
  const mark = `ill-mannered-${process.pid}-${nth++}`;
  const finished = await runJson<SessionDocument>(
    ['record', '--interval', '50', '--env', `MARK=${mark}`, '--', ...command],
    home.dir,
  );
  if (linux) expect(await pidsWithEnvironment(mark)).toEqual([]);
  return finished;
}
const script = (source: string) => [node, '-e', source];

describe('a workload that prints what no terminal likes', () => {
  it('bytes, NULs and one line of three megabytes: kept in bounded pieces, shown without control characters', async () => {
    const { code, document } = await recorded(
      script(`
      process.stdout.write(Buffer.from([0, 1, 2, 0xff, 0xfe, 27, 91, 50, 74, 10]));
      process.stdout.write('x'.repeat(3_000_000));
      process.stderr.write('\\0\\0end\\n');`),
    );
    expect(code).toBe(0);
    const out = document.logs.filter(({ stream }) => stream === 'stdout').map(({ text }) => text);
    expect(out.slice(1).join('')).toHaveLength(3_000_000);
    for (const text of out) expect(text.length).toBeLessThanOrEqual(64 * 1024);
    expect(document.logs.find(({ stream }) => stream === 'stderr')?.text).toBe('\0\0end');
    expect((await runCli(['show', document.id, '--full'], home.dir)).stdout).not.toMatch(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      /[\u0000-\u0008\u001b]/,
    );
  });

  it('without end: the first lines are kept, the rest is counted and never makes it wait', async () => {
    const { code, document } = await recorded(
      script(`for (let i = 0; i < 230; i++) process.stdout.write('y\\n'.repeat(1000));`),
    );
    expect(code).toBe(0);
    expect(document.logs.filter(({ stream }) => stream === 'stdout')).toHaveLength(200_000);
    expect(document.warnings).toEqual([
      expect.stringMatching(
        /^30,000 lines of the workload's output were left out: at most 200,000 lines or 64 MiB/,
      ),
    ]);
  });

  it('a limit of characters holds as well, and nothing is said where nothing was left out', () => {
    const kept: string[] = [];
    const limit = new LogLimit(({ text }) => kept.push(text), { lines: 10, characters: 8 });
    for (const text of ['1234', '5678']) limit.take({ t: 0, stream: 'stdout', text });
    expect(limit.describeDropped()).toBeNull();
    limit.take({ t: 0, stream: 'stdout', text: '9' });
    expect(kept).toEqual(['1234', '5678']);
    expect(limit.describeDropped()).toMatch(/^1 line of the workload's output was left out/);
  });
});

describe('a workload that announces without end', () => {
  it('is recorded up to the limit; what was dropped is counted, to the line', async () => {
    const { code, document } = await recorded(
      script(`
      const { connect } = require('node:net');
      const socket = connect(process.env.PLUMBLINE_SOCKET);
      let text = '';
      for (let i = 0; i < 60_000; i++) text += JSON.stringify({ v: 1, type: 'token', index: i }) + '\\n';
      socket.write(text + '\\0\\u0001 no marker\\n', () => socket.end());`),
    );
    expect(code).toBe(0);
    const taken = document.markers.length;
    // A machine too busy to write them in a second drops none.
    const dropped = Number(
      /: (\d+) lines past 10000 markers a second/.exec(document.warnings.join('\n'))?.[1] ?? 0,
    );
    expect(taken).toBeGreaterThanOrEqual(20_000);
    const strange = document.warnings.some((text) => text.includes('does not know')) ? 1 : 0;
    expect(taken + dropped + strange).toBe(60_001);
  });
});

describe.skipIf(!posix)('a workload that will not be led', () => {
  it("forks away: its own end is the recording's, and nothing is left", async () => {
    const { code, document } = await recorded([
      'sh',
      '-c',
      'setsid sh -c "trap : TERM; while :; do sleep 0.2; done" </dev/null >/dev/null 2>&1 & exit 0',
    ]);
    expect(code).toBe(0);
    expect(document).toMatchObject({ status: 'complete', exitCode: 0 });
  });

  it('ignores SIGTERM: Ctrl-C ends it all the same', async () => {
    const running = startCli(
      [
        'record',
        '--env',
        'MARK=ignores-term',
        '--',
        'sh',
        '-c',
        'trap "" TERM; echo ready; while :; do sleep 0.1; done',
      ],
      home.dir,
    );
    await running.waitFor('ready');
    running.child.kill('SIGINT');
    expect((await running.done).code).toBe(130);
    if (linux)
      await until(
        async () => (await pidsWithEnvironment('ignores-term')).length === 0,
        'the workload to be gone',
      );
  });

  it('closes its own output: it is recorded to its end', async () => {
    const { code, document } = await recorded([
      'sh',
      '-c',
      'echo first; exec >&- 2>&- <&-; sleep 0.3',
    ]);
    expect(code).toBe(0);
    expect(document.logs.map(({ text }) => text)).toEqual(['first']);
  });

  it.each([
    ['exit 7', { exitCode: 7, signal: null }],
    ['kill -SEGV $$', { exitCode: null, signal: 'SIGSEGV' }],
    ['kill -KILL $$', { exitCode: null, signal: 'SIGKILL' }],
  ])('dies at once: %s', async (how, end) => {
    const { code, document } = await recorded(['sh', '-c', how]);
    expect(code).toBe(1);
    expect(document).toMatchObject({ status: 'failed', ...end });
  });

  it.each([
    [
      'without the right to execute',
      '#!/bin/sh\n',
      0o644,
      /may not be executed\. .*"chmod \+x \S+file"/,
    ],
    [
      'with an interpreter that is not there',
      '#!/nonexistent/interpreter\n',
      0o755,
      /could not be started \(ENOENT\)/,
    ],
  ])('a file %s is one sentence, and no session', async (_what, text, mode, sentence) => {
    const own = temporaryHome();
    try {
      const path = join(own.dir, 'file');
      writeFileSync(path, text);
      chmodSync(path, mode);
      const { code, stderr } = await runCli(['record', '--', path], own.dir);
      expect(code).toBe(2);
      expect(stderr).toMatch(sentence);
      expect(JSON.parse((await runCli(['list', '--json'], own.dir)).stdout)).toMatchObject({
        sessions: [],
      });
    } finally {
      own.dispose();
    }
  });
});
