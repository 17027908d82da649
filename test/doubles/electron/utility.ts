/** `utilityProcess.fork` as a forked Node with the same hook; `utility-main.ts` is its other end. */
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { app } from './application.ts';
import { record } from './control.ts';
import { doubled } from './doubled.ts';
import { closedBy, ownerGone, type PortOwner, sentFrom, transfer } from './ports.ts';

export type ToUtility =
  | { readonly kind: 'message'; readonly data: unknown; readonly ends: readonly number[] }
  | { readonly kind: 'port'; readonly end: number; readonly data: unknown }
  | { readonly kind: 'closed'; readonly end: number };
export type FromUtility =
  | { readonly kind: 'message'; readonly data: unknown }
  | { readonly kind: 'port'; readonly end: number; readonly data: unknown }
  | { readonly kind: 'closed'; readonly end: number };

const register = fileURLToPath(new URL('./register.mjs', import.meta.url));
const children = new Set<ChildProcess>();

function forkUtility(
  modulePath: string,
  args: string[] = [],
  options: Electron.ForkOptions = {},
): Electron.UtilityProcess {
  if (!app.isReady()) throw new Error('utilityProcess cannot be created before app is ready.');
  const stdio = Array.isArray(options.stdio)
    ? options.stdio
    : (['ignore', 'inherit', 'inherit'] as const);
  if (stdio[0] !== 'ignore') throw new Error('The stdin of a utility process can only be ignored.');
  const env = {
    ...((options.env as NodeJS.ProcessEnv | undefined) ?? process.env),
    PLUMBLINE_DOUBLE_UTILITY: '1',
  };
  const child = fork(modulePath, args, {
    execArgv: ['--import', register, ...nodeFlags(options.execArgv ?? [])],
    serialization: 'advanced',
    stdio: [...stdio, 'ipc'],
    env,
  });
  children.add(child);
  record('utilityProcess.fork', [options.serviceName ?? '', child.pid ?? 0]);
  const send = (message: ToUtility) => {
    if (child.connected) child.send(message, () => {});
  };
  const owner: PortOwner = {
    deliver: (end, data) => send({ kind: 'port', end, data }),
    closed: (end) => send({ kind: 'closed', end }),
  };
  const emitter = new EventEmitter();
  child.on('spawn', () => emitter.emit('spawn'));
  child.on('message', (message: FromUtility) => {
    if (message.kind === 'message') emitter.emit('message', message.data);
    else if (message.kind === 'port') sentFrom(message.end, message.data);
    else closedBy(message.end);
  });
  child.on('exit', (code, signal) => {
    children.delete(child);
    ownerGone(owner);
    record('utilityProcess.exit', [child.pid ?? 0, code ?? signal]);
    emitter.emit('exit', code ?? 1);
  });
  const part = {
    get pid() {
      return child.exitCode === null && child.signalCode === null ? child.pid : undefined;
    },
    stdout: child.stdout,
    stderr: child.stderr,
    kill: () => child.kill('SIGTERM'),
    postMessage(data: unknown, ports: Electron.MessagePortMain[] = []) {
      const given: number[] = [];
      const adopt = (rest: Electron.MessagePortMain[]): void => {
        const [port, ...others] = rest;
        if (!port) send({ kind: 'message', data, ends: given });
        else
          transfer(port, owner, (end) => {
            given.push(end);
            adopt(others);
          });
      };
      adopt(ports);
    },
  } satisfies Partial<Electron.UtilityProcess>;
  return doubled<Electron.UtilityProcess>(
    'UtilityProcess',
    Object.defineProperties(emitter, Object.getOwnPropertyDescriptors(part)),
  );
}

/** What Chromium hands to V8 from --js-flags, Node takes as an option of its own. */
function nodeFlags(execArgv: readonly string[]): string[] {
  return execArgv.flatMap((flag) =>
    flag.startsWith('--js-flags=') ? flag.slice('--js-flags='.length).split(/[ ,]+/) : [flag],
  );
}

export const utilityProcess = doubled<typeof Electron.UtilityProcess>('utilityProcess', {
  fork: forkUtility,
} satisfies Partial<typeof Electron.UtilityProcess>);

/** Electron ends its utility processes with itself. */
export function endUtilities(): void {
  for (const child of children) child.kill('SIGKILL');
}
