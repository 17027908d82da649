/** What is set for the library, as it is now, whoever set it. */
import { setByteUnits } from '../../shared/base/format';
import { type LibrarySettings, USUAL_SETTINGS } from '../../shared/library/settings';
import { useEngineEvent, useQuery } from './engine';

/** The usual until it is known. */
export function useSettings(): { readonly settings: LibrarySettings; readonly isKnown: boolean } {
  const { data, refresh } = useQuery('settings', (engine) => engine.settings());
  useEngineEvent((event) => {
    if (event.type === 'library') refresh();
  });
  return { settings: data ?? USUAL_SETTINGS, isKnown: data !== null };
}

/** Has the window write bytes as they are to be shown; what it returns changes with that. */
export function useByteUnits(): LibrarySettings['units'] {
  const { units } = useSettings().settings;
  setByteUnits(units);
  return units;
}
