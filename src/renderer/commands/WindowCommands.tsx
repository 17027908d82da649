/** What can be done from anywhere: the palette, the sheet of keys, places, undo, appearance. */
import { lazy, Suspense, useMemo, useState } from 'react';
import { toast } from 'sonner';
import { Failure } from '../../shared/base/failure';
import type { EngineClient } from '../../shared/contract/api';
import { requestAgain } from '../../shared/contract/record-again';
import { formatMoment } from '../../shared/present/moments';
import { useEngine, useQuery } from '../state/engine';
import { compareHref, go, parseRoute, sessionHref, usePlace } from '../state/router';
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
  useCommands([
    ...windowCommands(setOpen),
    ...useAgainCommand(),
    ...useUndoCommands(),
    ...APPEARANCE,
  ]);
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
  const destinations = useMemo(
    () =>
      (sessions.data ?? []).map(({ id, name, startedAt }) => ({
        href: sessionHref(id),
        title: name,
        note: formatMoment(startedAt),
      })),
    [sessions.data],
  );
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
      id: 'session.record',
      title: 'Record a session',
      group: 'Session',
      keys: ['KeyN'],
      words: 'new start launch',
      run: () => go('#/record'),
    },
    {
      id: 'go.planner',
      title: 'Planner: memory, time and money of a run',
      group: 'Go to',
      words: 'budget estimate fit gpu batch calculator',
      run: () => go('#/planner'),
    },
    {
      id: 'go.experiments',
      title: 'Experiments: the chapter’s laws, measured here',
      group: 'Go to',
      words: 'sweep exponent kv cache batch',
      run: () => go('#/experiments'),
    },
    {
      id: 'go.chapter',
      title: 'Chapter: every figure it prints, judged',
      group: 'Go to',
      words: 'claims theory ledger',
      run: () => go('#/chapter'),
    },
    {
      id: 'go.doctor',
      title: 'Doctor: what this machine can measure',
      group: 'Go to',
      run: () => go('#/doctor'),
    },
    {
      id: 'go.settings',
      title: 'Settings: rate, what is flagged, trash, units, paths',
      group: 'Go to',
      words: 'preferences options interval limits theme',
      run: () => go('#/settings'),
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

/** Records what the session on screen recorded once more, and offers to compare the two. */
function useAgainCommand(): readonly Command[] {
  const engine = useEngine();
  const route = parseRoute(usePlace());
  if (route.view !== 'session') return [];
  const { id } = route;
  const record = async () => {
    const pages = await Promise.all([
      engine.markers({ id, type: 'model', limit: 1 }),
      engine.markers({ id, type: 'run', limit: 1 }),
    ]);
    const isAnnounced = pages.some(({ total }) => total > 0);
    const again = await engine.record(requestAgain(await engine.brief({ id }), isAnnounced));
    go(sessionHref(again.id));
    offerComparison(engine, id, again.id);
  };
  return [
    {
      id: 'session.again',
      title: 'Record this again, and compare',
      group: 'Session',
      words: 'repeat rerun',
      run: () => void record().catch(tellFailure),
    },
  ];
}

/** Stays until it is taken or closed, and tells when the second run is over. */
function offerComparison(engine: EngineClient, first: string, second: string): void {
  let off = () => {};
  const offer = {
    id: `again ${second}`,
    duration: Number.POSITIVE_INFINITY,
    closeButton: true,
    onDismiss: () => off(),
    action: { label: 'Compare the two', onClick: () => go(compareHref([first, second])) },
  };
  toast('It is being recorded again.', offer);
  off = engine.on((event) => {
    if (event.type !== 'session' || event.id !== second || event.status === 'recording') return;
    off();
    toast('It was recorded again.', offer);
  });
}

function tellFailure(error: unknown): void {
  toast.error(error instanceof Error ? error.message : String(error), {
    ...(error instanceof Failure && { description: error.remedy }),
  });
}

function useUndoCommands(): readonly Command[] {
  const next = useStore(changes.next);
  const attempt = (act: () => Promise<void>) => () => void act().catch(tellFailure);
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
