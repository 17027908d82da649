/** What can be done from anywhere: the palette, the sheet of keys, places, undo, appearance. */
import { lazy, Suspense, useState } from 'react';
import { toast } from 'sonner';
import { formatMoment } from '../../shared/present/moments';
import { useQuery } from '../state/engine';
import { go, sessionHref } from '../state/router';
import { useStore } from '../state/store';
import { setTheme } from '../state/theme';
import { changes } from '../state/undo';
import { KeySheet } from './KeySheet';
import type { Command } from './registry';
import { useCommandKeys, useCommands } from './useCommands';

const Palette = lazy(() => import('./Palette'));

type Open = 'palette' | 'keys' | null;

/** Mounted before the views, so that what they register comes before it. */
export function WindowCommands() {
  const [open, setOpen] = useState<Open>(null);
  useCommandKeys();
  useCommands([...windowCommands(setOpen), ...useUndoCommands(), ...APPEARANCE]);
  return (
    <>
      {open === 'keys' && <KeySheet onClose={() => setOpen(null)} />}
      {open === 'palette' && (
        <Suspense fallback={null}>
          <PaletteOfSessions onClose={() => setOpen(null)} />
        </Suspense>
      )}
    </>
  );
}

function PaletteOfSessions({ onClose }: { onClose(): void }) {
  const sessions = useQuery('list', (engine) => engine.list());
  const destinations = (sessions.data ?? []).map(({ id, name, startedAt }) => ({
    href: sessionHref(id),
    title: name,
    note: formatMoment(startedAt),
  }));
  return <Palette destinations={destinations} onGo={go} onClose={onClose} />;
}

function windowCommands(open: (what: Open) => void): readonly Command[] {
  return [
    {
      id: 'window.palette',
      title: 'Find a command or a session',
      group: 'Window',
      keys: ['Mod+KeyK', '/'],
      isByKeyOnly: true,
      run: () => open('palette'),
    },
    {
      id: 'window.keys',
      title: 'Show all keys',
      group: 'Window',
      keys: ['?'],
      words: 'shortcuts help keyboard',
      run: () => open('keys'),
    },
    {
      id: 'go.library',
      title: 'All sessions',
      group: 'Go to',
      words: 'library list',
      run: () => go('#/'),
    },
    {
      id: 'go.doctor',
      title: 'Doctor: what this machine can measure',
      group: 'Go to',
      run: () => go('#/doctor'),
    },
    {
      id: 'go.back',
      title: 'Back',
      group: 'Go to',
      keys: ['Alt+ArrowLeft'],
      run: () => history.back(),
    },
    {
      id: 'go.forward',
      title: 'Forward',
      group: 'Go to',
      keys: ['Alt+ArrowRight'],
      run: () => history.forward(),
    },
    {
      id: 'window.link',
      title: 'Copy a link to this view',
      group: 'Window',
      words: 'address share url',
      run: () => void copyLink(),
    },
  ];
}

function useUndoCommands(): readonly Command[] {
  const next = useStore(changes.next);
  const attempt = (act: () => Promise<void>) => () => {
    act().catch((error: unknown) => {
      toast.error(error instanceof Error ? error.message : String(error));
    });
  };
  return [
    {
      id: 'edit.undo',
      title: next.undo === null ? 'Undo' : `Undo ${next.undo}`,
      group: 'Edit',
      keys: ['Mod+KeyZ'],
      isDisabled: next.undo === null,
      run: attempt(() => changes.undo()),
    },
    {
      id: 'edit.redo',
      title: next.redo === null ? 'Redo' : `Redo ${next.redo}`,
      group: 'Edit',
      keys: ['Mod+Shift+KeyZ', 'Mod+KeyY'],
      isDisabled: next.redo === null,
      run: attempt(() => changes.redo()),
    },
  ];
}

const APPEARANCE: readonly Command[] = (
  [
    ['light', 'Light appearance'],
    ['dark', 'Dark appearance'],
    ['system', 'Appearance of the system'],
  ] as const
).map(([choice, title]) => ({
  id: `window.${choice}`,
  title,
  group: 'Window',
  words: 'theme colour mode',
  run: () => setTheme(choice),
}));

async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    toast('The link to this view was copied.');
  } catch {
    toast.error('The browser does not let this page copy.', {
      description: 'Copy the address from the address bar instead.',
    });
  }
}
