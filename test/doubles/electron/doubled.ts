/** Objects of which only a part is doubled: touching any other member throws its name, so that nothing passes silently. */
import { EventEmitter } from 'node:events';

/** What a promise check, inspection or an emitter asks of any object. */
const HARMLESS = new Set([
  'then',
  'toJSON',
  'constructor',
  'domain',
  'nodeType',
  'tagName',
  'asymmetricMatch',
  '$$typeof',
]);

/** `part` as the whole `T`; `T` says what the real thing has, the compiler holds the part to it. */
export function doubled<T extends object>(name: string, part: object): T {
  return new Proxy(part, {
    get(target, key, receiver) {
      if (key in target || typeof key === 'symbol' || HARMLESS.has(key))
        return Reflect.get(target, key, receiver);
      throw new Error(`The double of electron has no ${name}.${key}.`);
    },
    set(target, key, value, receiver) {
      if (typeof key === 'string' && !(key in target) && !key.startsWith('_'))
        throw new Error(`The double of electron has no ${name}.${key} to set.`);
      return Reflect.set(target, key, value, receiver);
    },
  }) as unknown as T;
}

/** Like `doubled`, for things that also emit events; `emitter` is the way to emit them. */
export function doubledEmitter<T extends object>(
  name: string,
  part: Partial<T>,
): { double: T; emitter: EventEmitter } {
  const emitter = Object.defineProperties(
    new EventEmitter(),
    Object.getOwnPropertyDescriptors(part),
  );
  return { double: doubled<T>(name, emitter), emitter };
}

export interface PreventableEvent {
  readonly defaultPrevented: boolean;
  preventDefault(): void;
}

export function preventable<T extends object>(extra: T): PreventableEvent & T {
  let prevented = false;
  return Object.defineProperties(
    {
      ...extra,
      preventDefault: () => {
        prevented = true;
      },
    },
    {
      defaultPrevented: { get: () => prevented },
    },
  ) as PreventableEvent & T;
}
