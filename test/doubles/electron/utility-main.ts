/** The double inside a utility process: `process.parentPort`, and ports whose switch is in the main process. */
import { EventEmitter } from 'node:events';
import { doubled } from './doubled.ts';
import type { FromUtility, ToUtility } from './utility.ts';

const send = (message: FromUtility) => {
  if (process.connected) process.send?.(message);
};
const ports = new Map<number, EventEmitter>();

function makePort(end: number): Electron.MessagePortMain {
  const port = new EventEmitter();
  const waiting: unknown[] = [];
  let started = false;
  port.on('received', (data: unknown) => {
    if (started) port.emit('message', { data, ports: [] });
    else waiting.push(data);
  });
  ports.set(end, port);
  const part = {
    start() {
      started = true;
      for (const data of waiting.splice(0))
        setImmediate(() => port.emit('message', { data, ports: [] }));
    },
    postMessage: (data: unknown) => send({ kind: 'port', end, data }),
    close: () => send({ kind: 'closed', end }),
  } satisfies Partial<Electron.MessagePortMain>;
  return doubled<Electron.MessagePortMain>('MessagePortMain', Object.assign(port, part));
}

const parentPort = new EventEmitter();
Object.defineProperty(process, 'parentPort', {
  value: doubled<Electron.ParentPort>(
    'parentPort',
    Object.assign(parentPort, { postMessage: (data: unknown) => send({ kind: 'message', data }) }),
  ),
});

// Queued until the entry listens, as in Electron.
const early: ToUtility[] = [];
let loaded = false;
function receive(message: ToUtility): void {
  if (message.kind === 'message')
    parentPort.emit('message', { data: message.data, ports: message.ends.map(makePort) });
  else if (message.kind === 'port') ports.get(message.end)?.emit('received', message.data);
  else {
    ports.get(message.end)?.emit('close');
    ports.delete(message.end);
  }
}
process.on('message', (message: ToUtility) => {
  if (loaded) receive(message);
  else early.push(message);
});
process.on('disconnect', () => process.exit(1));

export function entryLoaded(): void {
  loaded = true;
  for (const message of early.splice(0)) receive(message);
}
