/** The registry as React sees it: given once at the top, added to by whatever is on screen. */
import { createContext, use, useEffect, useRef, useSyncExternalStore } from 'react';
import type { Command, CommandRegistry, Registration } from './registry';

const RegistryContext = createContext<CommandRegistry | null>(null);
export const CommandProvider = RegistryContext.Provider;

export function useRegistry(): CommandRegistry {
  const registry = use(RegistryContext);
  if (!registry) throw new Error('CommandProvider is missing.');
  return registry;
}

/** The commands there are now, in the order they are shown. */
export function useCommandList(): readonly Command[] {
  const registry = useRegistry();
  return useSyncExternalStore(registry.subscribe, registry.list);
}

/**
 * Adds commands while the component is on screen. A fresh array at every render is fine: what `run` does is always the
 * latest, and the registry is told only when something that is shown changes.
 */
export function useCommands(commands: readonly Command[]): void {
  const registry = useRegistry();
  const latest = useRef(commands);
  const registration = useRef<Registration | null>(null);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    const mine = registry.register([]);
    registration.current = mine;
    return () => mine.remove();
  }, [registry]);
  const shown = JSON.stringify(commands);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown of the commands decides
  useEffect(() => {
    registration.current?.replace(
      latest.current.map((command) => ({
        ...command,
        run: () => latest.current.find(({ id }) => id === command.id)?.run(),
      })),
    );
  }, [registry, shown]);
}

const TYPED_INTO =
  'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]';

/** Runs commands by key, wherever the focus is but for fields that are typed into and open dialogs. */
export function useCommandKeys(): void {
  const registry = useRegistry();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || (event.repeat && event.code === 'Space'))
        return;
      const target = event.target instanceof Element ? event.target : null;
      const isModified = event.ctrlKey || event.metaKey;
      if (document.querySelector('dialog[open]')) return;
      if (target?.closest(TYPED_INTO) && !(isModified && event.code === 'KeyK')) return;
      // Space and Enter belong to the button that has the focus.
      if (target?.closest('button, a, summary, [role=slider]') && event.code === 'Space') return;
      const command = registry.find(event);
      if (command === null) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [registry]);
}
