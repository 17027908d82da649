/**
 * The addresses the desktop application knows: its own scheme, under which the renderer is served, and the project's
 * documentation. Pure, so that what is refused can be tested without a window.
 */
import { isAbsolute, join, relative, sep } from 'node:path';

export const SCHEME = 'plumbline';
const HOST = 'app';
export const START_URL = `${SCHEME}://${HOST}/`;

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

/** Whether `url` is a page of ours: `plumbline://app/…` with no user and no port. */
export function isAppUrl(url: string): boolean {
  const parsed = parse(url);
  return (
    parsed !== null &&
    parsed.protocol === `${SCHEME}:` &&
    parsed.host === HOST &&
    parsed.username === '' &&
    parsed.password === ''
  );
}

/** The file under `root` that an address of ours names, or null when it names none or leads outside. */
export function fileForUrl(url: string, root: string): string | null {
  if (!isAppUrl(url)) return null;
  let path: string;
  try {
    path = decodeURIComponent(new URL(url).pathname);
  } catch {
    return null; // not valid percent-encoding
  }
  if (path.includes('\0') || path.includes('\\')) return null;
  const file = join(root, path === '/' ? 'index.html' : path);
  const inside = relative(root, file);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    return null;
  return file;
}

/** Where the documentation lies, by the text of package.json; undefined while the project has no address of its own. */
export function documentationOf(manifest: string): string | undefined {
  const { homepage } = JSON.parse(manifest) as { readonly homepage?: string };
  // A package must name one: .invalid stands for none (RFC 2606).
  return homepage === undefined || parse(homepage)?.hostname.endsWith('.invalid')
    ? undefined
    : homepage;
}

/** Whether a link may leave for the person's browser: https, and a page of the project's own documentation. */
export function isDocumentation(url: string, homepage: string | undefined): boolean {
  const target = parse(url);
  const home = homepage === undefined ? null : parse(homepage);
  if (!target || !home || target.protocol !== 'https:' || home.protocol !== 'https:') return false;
  if (target.origin !== home.origin || target.username !== '' || target.password !== '')
    return false;
  const folder = home.pathname.endsWith('/') ? home.pathname : `${home.pathname}/`;
  return target.pathname === home.pathname || target.pathname.startsWith(folder);
}
