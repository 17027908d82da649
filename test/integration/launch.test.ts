import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { processIn } from '../../src/shared/trace/series-ids';
import type { Marker } from '../../src/shared/trace/types';
import { fixture, launch, linux, node, python } from '../fixtures/workloads/harness';

const before = process.env.TMPDIR;
let folder = '';
let temporary = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'launch-'));
  temporary = mkdtempSync(join(folder, 't-'));
  process.env.TMPDIR = temporary;
});
afterEach(() => expect(readdirSync(temporary)).toEqual([]));
afterAll(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(folder, { recursive: true, force: true });
});

const script = (text: string) => [node, '-e', text];
async function ran(command: readonly string[], env?: NodeJS.ProcessEnv) {
  const reported = await launch(command, env);
  const exit = await reported.workload.exited;
  return { ...reported, exit };
}

describe('a workload that cannot run', () => {
  it('is refused when its command does not exist', async () => {
    await expect(launch(['no-such-command-anywhere', '1'])).rejects.toMatchObject({
      code: 'bad_input',
      message: 'The command "no-such-command-anywhere" was not found.',
    });
    await expect(launch(['./no/such/file'])).rejects.toMatchObject({
      code: 'bad_input',
      message: 'The command "./no/such/file" was not found.',
    });
  });
  it('is refused when it is no command, a folder, or a file that may not be executed', async () => {
    const path = join(folder, 'plain.sh');
    writeFileSync(path, 'echo hello\n', { mode: 0o644 });
    await expect(launch([])).rejects.toMatchObject({ code: 'bad_input' });
    await expect(launch([folder])).rejects.toMatchObject({ code: 'bad_input' });
    if (process.platform !== 'win32')
      await expect(launch([path])).rejects.toMatchObject({
        code: 'bad_input',
        message: `The command "${path}" may not be executed.`,
      });
  });
  it('is refused when its folder does not exist, and the folder is named', async () => {
    const missing = join(folder, 'missing');
    await expect(launch([node, '-v'], process.env, missing)).rejects.toMatchObject({
      code: 'bad_input',
      message: `The folder "${missing}" does not exist.`,
    });
  });
  it.skipIf(!linux)('is refused when its interpreter does not exist', async () => {
    const path = join(folder, 'orphan');
    writeFileSync(path, '#!/no/such/interpreter\n', { mode: 0o755 });
    await expect(launch([path])).rejects.toMatchObject({
      code: 'bad_input',
      message: `The command "${path}" could not be started (ENOENT).`,
    });
  });
});

describe('the end of a workload', () => {
  it('tells its exit code', async () => {
    expect((await ran(script('process.exit(0)'))).exit).toEqual({ exitCode: 0, signal: null });
    expect((await ran(script('process.exit(7)'))).exit).toEqual({ exitCode: 7, signal: null });
  });
  it('tells the signal that ended it', async () => {
    expect(
      (await ran(script('process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 1e6)'))).exit,
    ).toEqual({ exitCode: null, signal: 'SIGKILL' });
  });
});

describe.skipIf(!linux)('a launch', () => {
  it('leaves no file of Plumbline open, whether it succeeded or failed', async () => {
    const bad = join(folder, 'bad');
    writeFileSync(bad, '#!/no/such/interpreter\n', { mode: 0o755 });
    const cycle = async () => {
      await ran([node, fixture('markers.mjs')]);
      await expect(launch([bad])).rejects.toMatchObject({ code: 'bad_input' });
    };
    await cycle();
    const open = () => readdirSync('/proc/self/fd').length;
    const at = open();
    for (let i = 0; i < 3; i++) await cycle();
    expect(open()).toBeLessThanOrEqual(at);
  });
});

describe('what a workload gets', () => {
  it('is the environment given, the two names of Plumbline, and an empty input', async () => {
    const { text, exit } = await ran(
      script(
        'process.stdin.on("data", () => process.exit(9)).on("end", () => console.log(Object.keys(process.env).sort().join()))',
      ),
      { PATH: process.env.PATH, MINE: 'yes' },
    );
    expect(exit.exitCode).toBe(0);
    expect(text('stdout')).toEqual(['MINE,PATH,PLUMBLINE_SESSION,PLUMBLINE_SOCKET']);
  });
  it('is the folder given, and PATH of its own environment decides what a name means', async () => {
    const { workload, text } = await launch(['sh', '-c', 'pwd -P'], { PATH: '/usr/bin:/bin' }, '/');
    await workload.exited;
    expect(text('stdout')).toEqual(['/']);
    await expect(launch(['sh'], { PATH: folder })).rejects.toMatchObject({ code: 'bad_input' });
  });
});

describe('the output of a workload', () => {
  it('arrives by stream and line, the last line without its newline included', async () => {
    const { text, logs } = await ran(
      script('process.stdout.write("one\\n\\ntwo\\r\\nthree"); process.stderr.write("error\\n")'),
    );
    expect(text('stdout')).toEqual(['one', '', 'two', 'three']);
    expect(text('stderr')).toEqual(['error']);
    expect(logs.every((line) => Number.isInteger(line.t) && line.t >= 0)).toBe(true);
  });
  it.skipIf(process.platform === 'win32')(
    'arrives also where a script opens it by name',
    async () => {
      const { text } = await ran([
        'sh',
        '-c',
        'echo out > /dev/stdout; echo err > /dev/stderr; echo both | tee /dev/stderr',
      ]);
      expect([text('stdout'), text('stderr')]).toEqual([
        ['out', 'both'],
        ['err', 'both'],
      ]);
    },
  );
  it('survives bytes that are not UTF-8', async () => {
    const { text } = await ran(
      script('process.stdout.write(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82, 0xac, 0x0a]))'),
    );
    expect(text('stdout')).toEqual(['a\ufffdb', '€']);
  });
  it('comes whole when it is more than any pipe holds', async () => {
    const { text } = await ran(
      script(
        'for (let i = 0; i < 60000; i++) console.log("line", i, "x".repeat(50)); process.exitCode = 0',
      ),
    );
    expect(text('stdout')).toHaveLength(60_000);
    expect(text('stdout').at(-1)).toBe(`line 59999 ${'x'.repeat(50)}`);
  });
  it('is cut into pieces of at most 64 KiB where a line has no end, never within a character', async () => {
    const { text } = await ran(script('process.stdout.write("€".repeat(70000) + "\\nnext")'));
    const pieces = text('stdout');
    expect(pieces.length).toBeGreaterThan(3);
    expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThanOrEqual(
      64 * 1024,
    );
    expect(pieces.slice(0, -1).join('')).toBe('€'.repeat(70_000));
    expect(pieces.at(-1)).toBe('next');
  });
  it('shows of a progress bar what a terminal would leave standing', async () => {
    const { text } = await ran(
      script(
        'for (let i = 1; i <= 500; i++) process.stderr.write("\\r" + i + "%"); process.stderr.write("\\ndone\\n")',
      ),
    );
    const lines = text('stderr');
    expect(lines.slice(-2)).toEqual(['500%', 'done']);
    expect(lines.length).toBeLessThan(20);
  });
});

describe.skipIf(!python)('markers of the Python helper', () => {
  it('arrive on the session clock, in order, with what they say', async () => {
    const { markers, warnings, text, exit } = await ran([python!, fixture('markers.py')]);
    expect(exit.exitCode).toBe(0);
    expect(warnings).toEqual([]);
    expect(text('stdout')).toEqual(["the workload's own error passes through", 'socket']);
    expect(markers.map(({ type, step }) => `${type} ${step}`)).toEqual([
      'model null',
      'run null',
      'step 0',
      'phase 0',
      'memory 0',
      'phase 0',
      'step 0',
      'step 1',
      'phase 1',
      'memory 1',
      'phase 1',
      'step 1',
      'token null',
      'note null',
      'phase 9',
      'phase 9',
    ]);
    expect(markers[0]).toMatchObject({
      type: 'model',
      rank: 0,
      fields: { name: 'tiny', n_layer: 2 },
    });
    expect(markers[4]).toMatchObject({
      memory: {
        allocated: 1000,
        reserved: 2000,
        peak: 1500,
        components: { params: 600 },
        counters: { live: 4 },
      },
    });
    expect(markers.map((marker) => marker.t)).toEqual(
      markers.map((marker) => marker.t).toSorted((a, b) => a - b),
    );
    expect(markers[0]!.t).toBeGreaterThan(0);
  });
  it('arrive from a forked child too, which is not the rank that its parent is', async () => {
    const { markers } = await ran([python!, fixture('markers.py'), '--fork'], {
      ...process.env,
      RANK: '2',
    });
    const last = markers.at(-1)!;
    expect(last).toMatchObject({ type: 'note', text: 'from the child' });
    expect(processIn(last.rank)).not.toBeNull();
    expect(markers.some(({ rank }) => rank === 2)).toBe(true);
  });
});

describe.skipIf(!python || !linux)('the Python helper under strain', () => {
  const helped = (source: string) => [
    python!,
    '-c',
    `import sys, os; sys.path.insert(0, ${JSON.stringify(fixture('../../../resources/python'))}); sys.dont_write_bytecode = True; import plumbline\n${source}`,
  ];
  const notes = (markers: readonly Marker[]) =>
    markers.flatMap((marker) => (marker.type === 'note' ? [marker.text] : []));

  it('loses nothing of a process that is killed, however soon', async () => {
    const { markers, exit } = await ran(
      helped('for i in range(200): plumbline.tokens(i)\nos.kill(os.getpid(), 9)'),
    );
    expect(exit.signal).toBe('SIGKILL');
    expect(markers).toHaveLength(200);
  });

  it('takes what is no JSON, and goes on', async () => {
    const { markers, warnings, exit } = await ran(
      helped(`
class Bad:
    def __str__(self): raise RuntimeError("no")
    def item(self): raise RuntimeError("no")
circle = []; circle.append(circle)
plumbline.run(batch=float("nan"), circle=circle, odd={1: object()}, bad=Bad())
plumbline.run(batch=float("inf"), name="\\ud800", big=10 ** 30)
plumbline.memory(Bad()); plumbline.memory("many"); plumbline.tokens(None); plumbline.note(Bad()); plumbline.step("first")
with plumbline.phase(["unhashable"], step=Bad()): pass
with plumbline.phase("forward", step=3): pass
@plumbline.phase("decode")
def decorated(): return 7
assert decorated() == 7
plumbline.note("after")`),
    );
    expect(exit.exitCode).toBe(0);
    expect(notes(markers)).toEqual(['after']);
    expect(
      markers
        .filter(({ type }) => type === 'phase')
        .map((marker) => marker.type === 'phase' && marker.name),
    ).toEqual(['forward', 'forward', 'decode', 'decode']);
    for (const text of warnings) expect(text).toMatch(/that Plumbline does not know as markers/);
  });

  it('keeps lines whole from threads, signal handlers and forked children at once', async () => {
    const { markers, warnings, exit } = await ran(
      helped(`
import signal, threading
signal.signal(signal.SIGALRM, lambda *_: plumbline.note("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
def work(number):
    for i in range(300): plumbline.note("thread %d" % number)
threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
for one in threads: one.start()
child = os.fork()
if child == 0:
    signal.setitimer(signal.ITIMER_REAL, 0)
    for i in range(50): plumbline.note("child")
    os._exit(0)
for i in range(300): plumbline.note("main")
for one in threads: one.join()
signal.setitimer(signal.ITIMER_REAL, 0)
os.waitpid(child, 0)`),
    );
    expect(exit.exitCode).toBe(0);
    expect(warnings).toEqual([]);
    const seen = notes(markers);
    expect(
      ['main', 'child', 'thread 0', 'thread 1', 'thread 2'].map(
        (text) => seen.filter((one) => one === text).length,
      ),
    ).toEqual([300, 50, 300, 300, 300]);
  });

  it('does not wait for a reader that has stopped reading, nor fail when it is gone', async () => {
    const { exit, text } = await ran(
      helped(`
import shutil, socket, tempfile
def to(path):
    plumbline._channel.drop(); plumbline._channel.retry_at = 0; plumbline._channel.address = path
folder = tempfile.mkdtemp()
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); server.bind(folder + "/s"); server.listen(1)
to(folder + "/s")
for i in range(100000): plumbline.tokens(i)
assert len(plumbline._channel.kept) <= 4 * 1024 * 1024 + 200
shutil.rmtree(folder)
reader, _ = server.accept(); server.close(); reader.close()
for i in range(100): plumbline.tokens(i)
print("went on")`),
    );
    expect(exit.exitCode).toBe(0);
    expect(text('stdout')).toEqual(['went on']);
  });
});

describe('markers of the JavaScript helper', () => {
  it('arrive even when the workload exits at once', async () => {
    const { markers, warnings, text } = await ran([node, fixture('markers.mjs')]);
    expect(text('stdout')).toEqual(['socket']);
    expect(warnings).toEqual([]);
    expect(markers.map(({ type, step }) => `${type} ${step}`)).toEqual([
      'model null',
      'run null',
      'step 0',
      'phase 0',
      'phase 0',
      'memory 0',
      'phase 0',
      'phase 0',
      'step 0',
      'step 1',
      'token 1',
      'note 1',
    ]);
    expect(markers.at(-1)).toMatchObject({ text: 'sum 2' });
  });
});

describe('markers of an ill-mannered sender', () => {
  it('are taken where they are true and dropped, counted and told otherwise', async () => {
    const { markers, warnings, exit } = await ran([node, fixture('flood.mjs')]);
    expect(exit.exitCode).toBe(0);
    expect(markers.map((marker) => marker.type === 'note' && marker.text)).toEqual([
      'first',
      'after the huge line',
      'from the past',
      'from the future',
      'last, without a newline',
    ]);
    const times = markers.map((marker) => marker.t);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/: 1 line longer than 64 KiB\.$/);
    // One line of bad bytes, 200 times three lines, the nesting, half a line.
    expect(warnings[1]).toMatch(/: 603 lines that Plumbline does not know/);
  });
});

describe('the helpers without Plumbline', () => {
  it('do nothing and let the workload run', async () => {
    const without = (command: readonly string[]) => [
      'sh',
      '-c',
      'unset PLUMBLINE_SOCKET; exec "$@"',
      'sh',
      ...command,
    ];
    const dead = (command: readonly string[]) => [
      'sh',
      '-c',
      'PLUMBLINE_SOCKET=/nonexistent/socket; export PLUMBLINE_SOCKET; exec "$@"',
      'sh',
      ...command,
    ];
    for (const command of [
      [node, fixture('markers.mjs')],
      ...(python ? [[python, fixture('markers.py')]] : []),
    ]) {
      const absent = await ran(without(command));
      expect([
        absent.exit.exitCode,
        absent.text('stdout').at(-1),
        absent.markers,
        absent.text('stderr'),
      ]).toEqual([0, 'no socket', [], []]);
      const gone = await ran(dead(command));
      expect([
        gone.exit.exitCode,
        gone.text('stdout').at(-1),
        gone.markers,
        gone.text('stderr'),
      ]).toEqual([0, 'socket', [], []]);
    }
  });
});
