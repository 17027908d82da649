/** The frame around every view: where one is, how it looks, whether the engine is there. */
import { Laptop, Moon, RefreshCw, Search, Sun } from 'lucide-react';
import { useState } from 'react';
import { Toaster } from 'sonner';
import { CommandRegistry } from './commands/registry';
import { CommandProvider, useRegistry } from './commands/useCommands';
import { WindowCommands } from './commands/WindowCommands';
import { Boundary } from './components/Boundary';
import { RecordingTrouble } from './RecordingTrouble';
import { EngineProvider, useLinkState, useQuery, useRetry } from './state/engine';
import { parseRoute, usePlace } from './state/router';
import { useByteUnits } from './state/settings';
import { setTheme, type ThemeChoice, useTheme, useThemeChoice } from './state/theme';
import type { EngineLink } from './state/transport';
import { MENU, View } from './views';

/** In pixels: what is told in passing covers no control of what moves. */
const ABOVE_TRANSPORT = 78;

export function App({ link }: { link: EngineLink }) {
  const [registry] = useState(() => new CommandRegistry());
  return (
    <EngineProvider value={link}>
      <CommandProvider value={registry}>
        <Frame />
      </CommandProvider>
    </EngineProvider>
  );
}

function Frame() {
  const place = usePlace();
  const route = parseRoute(place);
  const theme = useTheme();
  const info = useQuery('info', (engine) => engine.info());
  const units = useByteUnits();
  return (
    <>
      <header className="topbar">
        <a className="brand" href="#/" aria-label="Plumbline, all sessions">
          <svg viewBox="0 0 20 24" width="15" height="18" aria-hidden="true">
            <path d="M2 2h16M10 2v9" />
            <path
              className="bob"
              d="M10 23 6 15.5a1.4 1.4 0 0 1 0-1.3L7.5 11h5l1.5 3.2a1.4 1.4 0 0 1 0 1.3z"
            />
          </svg>
          Plumbline
        </a>
        <nav aria-label="Main">
          {MENU.map(({ view, href, label, icon }) => (
            <a key={view} href={href} aria-current={route.view === view ? 'page' : undefined}>
              {icon}
              {label}
            </a>
          ))}
        </nav>
        <span className="grow" />
        {info.data?.simulated && (
          <span
            className="badge simulated"
            title="This engine invents a device; nothing here was measured on hardware"
          >
            Simulated
          </span>
        )}
        <PaletteButton />
        <ThemeButton />
      </header>
      <LinkBanner />
      <WindowCommands />
      <RecordingTrouble />
      <Boundary place={place}>
        <View key={units} route={route} />
      </Boundary>
      <Toaster theme={theme} position="bottom-right" offset={{ bottom: ABOVE_TRANSPORT }} />
    </>
  );
}

function PaletteButton() {
  const registry = useRegistry();
  return (
    <button
      type="button"
      className="icon-button"
      aria-label="Find a command or a session"
      title="Find a command or a session (Ctrl or Cmd K)"
      onClick={() => registry.run('window.palette')}
    >
      <Search size={16} />
    </button>
  );
}

const NEXT: Readonly<Record<ThemeChoice, ThemeChoice>> = {
  system: 'light',
  light: 'dark',
  dark: 'system',
};
const THEME_ICON = { system: Laptop, light: Sun, dark: Moon } as const;

function ThemeButton() {
  const choice = useThemeChoice();
  const Icon = THEME_ICON[choice];
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Appearance: ${choice}. Change to ${NEXT[choice]}.`}
      title={`Appearance: ${choice}`}
      onClick={() => setTheme(NEXT[choice])}
    >
      <Icon size={16} />
    </button>
  );
}

function LinkBanner() {
  const { status } = useLinkState();
  const retry = useRetry();
  if (status === 'open' || status === 'connecting') return null;
  return (
    <div className="banner" role="alert" data-status={status}>
      {status === 'refused' ? (
        <span>
          This page’s key is missing or no longer valid. Open the address that{' '}
          <code>plumbline serve</code> printed, with everything after the #.
        </span>
      ) : (
        <>
          <span>
            Plumbline’s engine is gone. What is shown may be old; recorded sessions are safe.
            Reconnecting…
          </span>
          <button type="button" className="button" onClick={retry}>
            <RefreshCw size={14} aria-hidden="true" />
            Now
          </button>
        </>
      )}
    </div>
  );
}
