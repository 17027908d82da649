/** The main process's end of a page: its preload, messages both ways in order, and the ports it was given. */
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import type { Page } from 'playwright-core';
import { makeCodec } from './codec.ts';
import { type FromPage, installPage, type ToPage } from './page-script.ts';
import { closedBy, ownerGone, type PortOwner, sentFrom, transfer } from './ports.ts';

const codec = makeCodec();

export class PageBridge {
  private readonly page: Page;
  private readonly onSend: (channel: string, args: readonly unknown[]) => void;
  private readonly queue: ToPage[] = [];
  private busy = false;
  private readonly owner: PortOwner;

  constructor(page: Page, onSend: (channel: string, args: readonly unknown[]) => void) {
    this.page = page;
    this.onSend = onSend;
    this.owner = {
      deliver: (end, data) => this.push({ kind: 'port', end, data }),
      closed: (end) => this.push({ kind: 'closed', end }),
    };
  }

  /** Before the first navigation. A preload that is not CommonJS fails here, as in a sandboxed renderer. */
  async install(preload: string | undefined): Promise<void> {
    let wrapped = 'null';
    if (preload !== undefined) {
      wrapped = `(function (require, module, exports, process) {${readFileSync(preload, 'utf8')}\n})`;
      new Script(wrapped, { filename: preload });
    }
    await this.page.exposeBinding('__electronDouble', (source, text: string) => {
      if (source.frame === this.page.mainFrame()) this.receive(codec.decode(text) as FromPage);
    });
    const { electron = '', chrome = '', node } = process.versions as Record<string, string>;
    const given = JSON.stringify({ electron, chrome, node });
    await this.page.addInitScript({
      content: `(${installPage})(${makeCodec}, ${wrapped}, ${given}, ${JSON.stringify(process.platform)});`,
    });
  }

  send(
    channel: string,
    args: readonly unknown[],
    ports: readonly Electron.MessagePortMain[] = [],
  ): void {
    const ends: number[] = [];
    const adopt = (rest: readonly Electron.MessagePortMain[]): void => {
      const [port, ...others] = rest;
      if (!port) this.push({ kind: 'ipc', channel, args, ends });
      else
        transfer(port, this.owner, (end) => {
          ends.push(end);
          adopt(others);
        });
    };
    adopt(ports);
  }

  dispose(): void {
    ownerGone(this.owner);
    this.queue.length = 0;
  }

  private receive(message: FromPage): void {
    if (message.kind === 'hello')
      this.dispose(); // a new document: what the last one held is gone
    else if (message.kind === 'send') this.onSend(message.channel ?? '', message.args ?? []);
    else if (message.kind === 'port') sentFrom(message.end ?? 0, message.data);
    else closedBy(message.end ?? 0);
  }

  private push(message: ToPage): void {
    this.queue.push(message);
    if (!this.busy) void this.flush();
  }

  /** One batch in flight, so that order holds. What cannot be delivered went with its page. */
  private async flush(): Promise<void> {
    this.busy = true;
    while (this.queue.length > 0 && !this.page.isClosed()) {
      const texts = this.queue.splice(0).map((message) => codec.encode(message));
      await this.page
        .evaluate(
          (given) =>
            (
              window as unknown as { __electronDoubleReceive?: (texts: string[]) => void }
            ).__electronDoubleReceive?.(given),
          texts,
        )
        .catch(() => {});
    }
    this.busy = false;
  }
}
