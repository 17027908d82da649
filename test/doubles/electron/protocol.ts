/**
 * `protocol.handle` by routing. Chromium cannot navigate to a scheme it does not know, so `plumbline://app/x` is fetched
 * as `https://app.plumbline.localhost/x`; the handler sees the real address. Every other request is refused and recorded:
 * the application has no business on the network.
 */
import type { BrowserContext, Request as PageRequest } from 'playwright-core';
import { app } from './application.ts';
import { record } from './control.ts';
import { doubled } from './doubled.ts';

type Handler = (request: Request) => Response | Promise<Response>;
const schemes = new Set<string>();
const handlers = new Map<string, Handler>();

/** Between an address as the application knows it and as the page does. */
export function toPage(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url);
  return match && schemes.has(match[1] ?? '')
    ? `https://${match[2]}.${match[1]}.localhost${match[3]}`
    : url;
}
export function fromPage(url: string): string {
  const match = /^https:\/\/([^/?#]+)\.([a-z0-9+-]+)\.localhost(.*)$/i.exec(url);
  return match && schemes.has(match[2] ?? '') ? `${match[2]}://${match[1]}${match[3]}` : url;
}

export const protocol = doubled<Electron.Protocol>('protocol', {
  registerSchemesAsPrivileged(wanted) {
    if (app.isReady())
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    for (const { scheme, privileges } of wanted) {
      if (!privileges?.standard || !privileges.secure)
        throw new Error(`The double of electron serves ${scheme} as standard and secure only.`);
      schemes.add(scheme);
    }
    record('protocol.registerSchemesAsPrivileged', [wanted]);
  },
  handle(scheme, handler) {
    if (!app.isReady()) throw new Error('Session can only be received when app is ready');
    if (!schemes.has(scheme))
      throw new Error(`The double of electron serves privileged schemes only, not ${scheme}.`);
    handlers.set(scheme, handler as Handler);
  },
} satisfies Partial<Electron.Protocol>);

/** `refuse` may stop a navigation that a page began by itself. */
export async function routeRequests(
  context: BrowserContext,
  refuse: (request: PageRequest, url: string) => boolean,
): Promise<void> {
  await context.route('**/*', async (route, request) => {
    const url = fromPage(request.url());
    if (request.isNavigationRequest() && refuse(request, url)) return route.abort('aborted');
    const handler = handlers.get(/^[^:]+/.exec(url)?.[0] ?? '');
    if (!handler) {
      record('network', [request.url()]);
      return route.abort('blockedbyclient');
    }
    const response = await handler(
      new Request(url, { method: request.method(), headers: await request.allHeaders() }),
    );
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  });
}
