/** Where the window stands, in the address: #/, #/session/ID, #/compare?ids=A,B, #/doctor. */
import { useSyncExternalStore } from 'react';

export type Route =
  | { readonly view: 'library' }
  | { readonly view: 'session'; readonly id: string }
  | { readonly view: 'compare'; readonly ids: readonly string[] }
  | { readonly view: 'doctor' }
  | { readonly view: 'unknown'; readonly path: string };

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [head = '', ...rest] = path.split('/');
  if (head === '') return { view: 'library' };
  if (head === 'doctor') return { view: 'doctor' };
  if (head === 'session' && rest[0]) return { view: 'session', id: safeDecode(rest[0]) };
  if (head === 'compare') {
    const ids = (new URLSearchParams(query).get('ids') ?? '').split(',').filter((id) => id !== '');
    return { view: 'compare', ids };
  }
  return { view: 'unknown', path };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const sessionHref = (id: string): string => `#/session/${encodeURIComponent(id)}`;
export const compareHref = (ids: readonly string[]): string =>
  `#/compare?ids=${ids.map(encodeURIComponent).join(',')}`;
export const go = (href: string): void => {
  location.hash = href;
};

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}
const snapshot = (): string => location.hash;

export const useHash = (): string => useSyncExternalStore(subscribe, snapshot);
