/**
 * Where the window stands, in the address: #/, #/session/ID, #/compare?ids=A,B, #/record, #/planner, #/experiments,
 * #/doctor, #/settings, #/chapter. What is looked at there (the span, the source, the tier, the lanes) and what is planned are parameters of the address, so that a
 * link restores it, back and forward walk through it, and a change of it can be taken back.
 */
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { changes } from './undo';

export type Route =
  | { readonly view: 'library' }
  | { readonly view: 'session'; readonly id: string }
  | { readonly view: 'compare'; readonly ids: readonly string[] }
  | { readonly view: 'record' }
  | { readonly view: 'planner' }
  | { readonly view: 'experiments' }
  | { readonly view: 'doctor' }
  | { readonly view: 'settings' }
  | { readonly view: 'chapter' }
  | { readonly view: 'unknown'; readonly path: string };

/** Views that are one place, named as they are. */
const OWN_PLACES = ['record', 'planner', 'experiments', 'doctor', 'settings', 'chapter'] as const;

export function parseRoute(hash: string): Route {
  const [path = ''] = splitHash(hash);
  const [head = '', ...rest] = path.split('/');
  if (head === '') return { view: 'library' };
  const own = OWN_PLACES.find((view) => view === head);
  if (own) return { view: own };
  if (head === 'session' && rest[0]) return { view: 'session', id: safeDecode(rest[0]) };
  if (head === 'compare') {
    const ids = (readParameters(hash).get('ids') ?? '').split(',').filter((id) => id !== '');
    return { view: 'compare', ids };
  }
  return { view: 'unknown', path };
}

function splitHash(hash: string): readonly string[] {
  return hash.replace(/^#\/?/, '').split('?', 2);
}

export const readParameters = (hash: string): URLSearchParams =>
  new URLSearchParams(splitHash(hash)[1] ?? '');

/** The address with parameters changed; null takes one away. Commas and dashes stay readable. */
export function withParameters(
  hash: string,
  changed: Readonly<Record<string, string | null>>,
): string {
  const parameters = readParameters(hash);
  for (const [name, value] of Object.entries(changed)) {
    if (value === null) parameters.delete(name);
    else parameters.set(name, value);
  }
  const query = parameters.toString().replaceAll('%2C', ',');
  return `#/${splitHash(hash)[0]}${query === '' ? '' : `?${query}`}`;
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

const listeners = new Set<() => void>();

/** Calls `listener` whenever the address is another one, whoever changed it. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('hashchange', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('hashchange', listener);
  };
}
/** The address without what is looked at there: it leads to the same view. */
function readPlace(hash: string): string {
  const ids = readParameters(hash).get('ids');
  return `#/${splitHash(hash)[0]}${ids === null ? '' : `?ids=${ids}`}`;
}

/** Renders when another view is shown, not when something else of it is looked at. */
export const usePlace = (): string =>
  useSyncExternalStore(subscribe, () => readPlace(location.hash));

/** A place of this window, as an entry of the browser's history or in place of the one there is. */
function show(hash: string, isNewEntry: boolean): void {
  if (hash === location.hash) return;
  if (isNewEntry) history.pushState(null, '', hash);
  else history.replaceState(null, '', hash);
  for (const listener of [...listeners]) listener();
}

/** Changes of one kind that follow each other this closely are one: a turn of the wheel is many events. */
const GLIDE_MS = 700;
let glide = { label: '', until: 0, hash: '' };

/**
 * Changes parameters of the address. A change is one step back for the browser and one for undo; changes of the same
 * label in quick succession are one step together.
 */
export function setParameters(
  changed: Readonly<Record<string, string | null>>,
  label: string,
): void {
  const before = location.hash;
  const after = withParameters(before, changed);
  if (after === before) return;
  const now = performance.now();
  const isGoingOn = glide.label === label && now < glide.until && glide.hash === before;
  show(after, !isGoingOn);
  glide = { label, until: now + GLIDE_MS, hash: location.hash };
  const change = { label, undo: () => show(before, true), redo: () => show(after, true) };
  if (isGoingOn) changes.extend(change);
  else changes.note(change);
}

/** A parameter of the address and its setter, as `useState` has them; null where the address does not name it. */
export function useParameter(
  name: string,
  label: string,
): readonly [string | null, (value: string | null) => void] {
  const value = useSyncExternalStore(subscribe, () => readParameters(location.hash).get(name));
  const set = useCallback(
    (next: string | null) => setParameters({ [name]: next }, label),
    [name, label],
  );
  return [value, set];
}

/** A span of a session's time; null is the whole run. */
export type AddressedSpan = { readonly t0: number; readonly t1: number } | null;

/** The parameter `span` (t0-t1, whole microseconds). */
export const spanInAddress = (): AddressedSpan =>
  readSpan(readParameters(location.hash).get('span'));

export function useAddressedSpan(): AddressedSpan {
  const [text] = useParameter('span', 'zoom');
  return useMemo(() => readSpan(text), [text]);
}

/** To look at the whole is a step of its own, however soon it follows a zoom. */
export const addressSpan = (span: AddressedSpan): void =>
  span === null
    ? setParameters({ span: null }, 'fit')
    : setParameters({ span: `${Math.round(span.t0)}-${Math.round(span.t1)}` }, 'zoom');

export function readSpan(text: string | null): AddressedSpan {
  const [, t0, t1] = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '') ?? [];
  if (t0 === undefined || t1 === undefined || Number(t0) >= Number(t1)) return null;
  return { t0: Number(t0), t1: Number(t1) };
}
