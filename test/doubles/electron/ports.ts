/**
 * MessageChannelMain as a switch in the main process. Each end has an owner: at first the main process itself, and after
 * a transfer a utility process or a page, to which messages are forwarded in order.
 */
import { EventEmitter } from 'node:events';
import { doubled } from './doubled.ts';

/** Where messages for an end go once it was transferred. */
export interface PortOwner {
  deliver(end: number, data: unknown): void;
  closed(end: number): void;
}

class End extends EventEmitter {
  peer!: End;
  owner: PortOwner | null = null;
  private readonly waiting: unknown[] = [];
  private started = false;
  private open = true;

  readonly id: number;

  constructor(id: number) {
    super();
    this.id = id;
  }

  /** A message for this end. Posting copies, as it does in Electron. */
  receive(data: unknown): void {
    if (this.owner) this.owner.deliver(this.id, data);
    else if (this.started) setImmediate(() => this.emit('message', { data, ports: [] }));
    else this.waiting.push(data);
  }

  transferTo(owner: PortOwner): void {
    if (this.owner || this.started)
      throw new Error('The double of electron cannot transfer a port that is in use.');
    this.owner = owner;
    for (const data of this.waiting.splice(0)) owner.deliver(this.id, data);
    if (!this.open) owner.closed(this.id);
  }

  start(): void {
    this.started = true;
    for (const data of this.waiting.splice(0)) this.receive(data);
  }

  postMessage(data: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0)
      throw new Error('The double of electron cannot transfer ports over a port.');
    if (this.open) this.peer.receive(structuredClone(data));
  }

  /** Both ends are closed together; each side hears of it. */
  close(): void {
    for (const end of [this, this.peer]) {
      if (!end.open) continue;
      end.open = false;
      ends.delete(end.id);
      if (end.owner) end.owner.closed(end.id);
      else setImmediate(() => end.emit('close'));
    }
  }
}

const ends = new Map<number, End>();
const endOf = new WeakMap<object, End>();
let nextId = 1;

function makePort(end: End): Electron.MessagePortMain {
  ends.set(end.id, end);
  const part = Object.assign(end, {});
  const port = doubled<Electron.MessagePortMain>('MessagePortMain', part);
  endOf.set(port, end);
  return port;
}

export class MessageChannelMain {
  readonly port1: Electron.MessagePortMain;
  readonly port2: Electron.MessagePortMain;
  constructor() {
    const a = new End(nextId++);
    const b = new End(nextId++);
    a.peer = b;
    b.peer = a;
    this.port1 = makePort(a);
    this.port2 = makePort(b);
  }
}

/** Gives a port away; messages that wait at it are delivered once `then` has told the receiver of it. */
export function transfer(
  port: Electron.MessagePortMain,
  owner: PortOwner,
  announce: (end: number) => void,
): void {
  const end = endOf.get(port);
  if (!end) throw new TypeError('Port at index 0 is not a valid port');
  announce(end.id);
  end.transferTo(owner);
}

/** A message from the far owner of an end. */
export function sentFrom(end: number, data: unknown): void {
  ends.get(end)?.peer.receive(data);
}

export function closedBy(end: number): void {
  ends.get(end)?.close();
}

/** Its owner is gone, and with it every end it held. */
export function ownerGone(owner: PortOwner): void {
  for (const end of [...ends.values()]) if (end.owner === owner) end.close();
}
