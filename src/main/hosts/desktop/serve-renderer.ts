/**
 * Serves the built renderer under `plumbline://app/`, a privileged scheme of our own, so that no page has the rights of
 * file://. Every answer carries a content security policy: scripts come from the package alone.
 */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Protocol, protocol } from 'electron';
import { fileForUrl, SCHEME } from './app-url';

// Charts and dialogs set inline styles; scripts never are inline. Reports are saved from blob: addresses.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

/** Must run before the application is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
}

export function serveRenderer(on: Protocol, root: string): void {
  const refuse = (status: number) => new Response(null, { status, headers: HEADERS });
  on.handle(SCHEME, async (request) => {
    if (request.method !== 'GET') return refuse(405);
    const file = fileForUrl(request.url, root);
    if (file === null) return refuse(403);
    try {
      const body = await readFile(file);
      return new Response(new Uint8Array(body), {
        headers: {
          ...HEADERS,
          'content-type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
        },
      });
    } catch {
      return refuse(404);
    }
  });
}
