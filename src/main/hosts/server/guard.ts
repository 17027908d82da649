/**
 * Who may speak to the server: pages that came from it, and programs that hold its token.
 *
 * A loopback port is open to every page a person's browser shows, and DNS rebinding gives such a page our address, so
 * three things are checked apart: the Host header names a loopback address, the Origin (where one is sent) is that
 * same host, and the token is right, compared in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';

const LOOPBACK = new Set(['localhost', '[::1]', '::1']);

/** Spelled as anyone would: other spellings of the same address (127.1, 0x7f.0.0.1, 127.0.0.01) come from who probes. */
export const isLoopback = (host: string): boolean =>
  LOOPBACK.has(host) || (isIPv4(host) && host.startsWith('127.'));

/** The one Host header names this machine, and the request line names none; any port, since a tunnel may come in by another. */
export function hostAllowed(request: IncomingMessage): boolean {
  const hosts = request.rawHeaders.filter((name, i) => i % 2 === 0 && /^host$/i.test(name));
  if (hosts.length !== 1 || !request.url?.startsWith('/')) return false;
  const [, name] = /^(\[[0-9a-f:]+\]|[^:]+)(?::\d+)?$/i.exec(request.headers.host ?? '') ?? [];
  return name !== undefined && isLoopback(name.toLowerCase());
}

/** No Origin (not a browser), or the very host that was asked for. */
export function originAllowed(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`;
}

/** The token as a browser sends it (query) or as a program does (Authorization: Bearer). */
export function presentedToken(request: IncomingMessage): string | null {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '');
  const [, query = ''] = request.url?.split('?', 2) ?? [];
  return bearer?.[1] ?? new URLSearchParams(query).get('token');
}

/** Digests first, so that neither content nor length shows in the time taken. */
export function tokenMatches(given: string | null, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected)) && given !== null;
}

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
