/** One setting of the library as a field: told to be wrong as it is typed, set when it is left or Enter is pressed. */
import { useState } from 'react';
import { Failure } from '../../../shared/base/failure';
import {
  LIBRARY_SETTINGS,
  type LibrarySetting,
  type LibrarySettings,
  readSetting,
} from '../../../shared/library/settings';
import { Field } from '../../components/Field';
import { useEngine } from '../../state/engine';
import { changes } from '../../state/undo';

export function SettingControl({
  name,
  settings,
  isDisabled = false,
}: {
  name: LibrarySetting;
  settings: LibrarySettings;
  isDisabled?: boolean;
}) {
  const { label, about, usual, kind } = LIBRARY_SETTINGS[name];
  const current = settings[name] === usual ? '' : String(settings[name]);
  const { typed, problem, type, leave } = useTyped(name, current, settings[name]);
  if (kind.asked === 'choice')
    return (
      <Field label={label} about={about} problem={problem}>
        {(described) => (
          <select
            {...described}
            value={String(settings[name])}
            disabled={isDisabled}
            onChange={(event) => leave(event.target.value)}
          >
            {Object.entries(kind.choices).map(([choice, words]) => (
              <option key={choice} value={choice}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  const isPath = kind.asked === 'path';
  return (
    <Field label={label} about={about} problem={problem}>
      {(described) => (
        <input
          {...described}
          className={isPath ? 'mono' : 'num'}
          value={typed}
          disabled={isDisabled}
          placeholder={isPath ? 'found by itself' : String(usual)}
          inputMode={isPath ? 'text' : 'decimal'}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => type(event.target.value)}
          onBlur={() => leave(typed)}
          onKeyDown={(event) => event.key === 'Enter' && leave(typed)}
        />
      )}
    </Field>
  );
}

/** What is typed, until it is left: what cannot be stays where it was typed, and what was set before goes on holding. */
function useTyped(name: LibrarySetting, current: string, value: string | number) {
  const engine = useEngine();
  const [typed, setTyped] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const set = (to: string | number) => async () => {
    await engine.changeSettings({ [name]: to });
  };
  const leave = async (text: string) => {
    if (explainProblem(name, text) !== null) return;
    const next = readSetting(name, text);
    if (next === value) {
      setTyped(null);
      return;
    }
    try {
      await changes.make(set(next), () => ({
        label: 'setting',
        undo: set(value),
        redo: set(next),
      }));
      setTyped(null);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setRefusal(error);
    }
  };
  return {
    typed: typed ?? current,
    problem: explainProblem(name, typed ?? '') ?? (refusal && inOneLine(refusal)),
    type: (text: string) => {
      setRefusal(null);
      setTyped(text);
    },
    leave,
  };
}

function explainProblem(name: LibrarySetting, text: string): string | null {
  try {
    readSetting(name, text);
    return null;
  } catch (error) {
    if (error instanceof Failure) return inOneLine(error);
    throw error;
  }
}

const inOneLine = ({ message, remedy }: Failure): string => `${message} ${remedy}`;
