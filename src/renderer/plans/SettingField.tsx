/** One setting of a run as a field: a choice, a switch or a text, empty where its default is taken, with what is wrong beneath. */
import { useId } from 'react';
import type { Failure } from '../../shared/base/failure';
import { gpuNames } from '../../shared/hardware/gpu-names';
import { RUN_SETTINGS, type RunSpec, type SettingName } from '../../shared/model/settings';
import { formatSetting } from '../../shared/present/names';
import { Field } from '../components/Field';
import { CountSlider } from './CountSlider';
import { faultText } from './labels';
import { SLIDERS } from './setting-groups';

export interface FieldState {
  /** As typed; empty for the default. */
  readonly text: string;
  /** What holds where nothing is typed. */
  readonly usual: string;
  /** Where that comes from, told behind it in lists. */
  readonly usualIs?: string;
  readonly fault: Failure | undefined;
  onChange(text: string): void;
}

export function SettingField({
  name,
  label = RUN_SETTINGS[name].label,
  ...state
}: FieldState & { name: SettingName; label?: string }) {
  const { kind, choiceLabels = {} } = RUN_SETTINGS[name];
  switch (kind.asked) {
    case 'choice':
      return (
        <ChoiceControl
          {...state}
          label={label}
          choices={(kind.choices ?? []).filter((each) => each !== null).map(String)}
          choiceLabels={choiceLabels}
        />
      );
    case 'switch':
      return <ChoiceControl {...state} label={label} choices={['on', 'off']} choiceLabels={{}} />;
    default:
      return (
        <TextControl
          {...state}
          label={label}
          options={suggestions(name)}
          most={SLIDERS[name]}
          isNumber={kind.asked !== 'words'}
        />
      );
  }
}

/** What is shown where nothing is typed. */
export function usualText(run: RunSpec | null, name: SettingName): string {
  const value = run?.[name];
  return value === undefined || value === null ? '' : formatSetting(value);
}

function suggestions(name: SettingName): readonly string[] {
  if (name === 'gpu') return gpuNames();
  if (name === 'checkpointing') return ['none', 'full', 'selective', 'every=2', 'every=4'];
  return name === 'loraTargets' ? ['query-value', 'all-linear'] : [];
}

function ChoiceControl({
  label,
  text,
  usual,
  usualIs = 'default',
  fault,
  choices,
  choiceLabels,
  onChange,
}: FieldState & {
  label: string;
  choices: readonly string[];
  choiceLabels: Readonly<Record<string, string>>;
}) {
  // A word that is no choice is shown as it came, so that it can be refused and not silently dropped.
  const shown = text === '' || choices.includes(text) ? choices : [text, ...choices];
  return (
    <Field label={label} problem={faultText(fault)}>
      {(described) => (
        <select
          {...described}
          value={text}
          data-usual={text === ''}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">
            {usual === '' ? 'as usual' : `${choiceLabels[usual] ?? usual} (${usualIs})`}
          </option>
          {shown.map((choice) => (
            <option key={choice} value={choice}>
              {choiceLabels[choice] ?? choice}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function TextControl({
  label,
  text,
  usual,
  fault,
  options = [],
  most,
  isNumber = false,
  onChange,
}: FieldState & {
  label: string;
  options?: readonly string[];
  /** The end of its slider; left out, it has none. */
  most?: number | undefined;
  isNumber?: boolean;
}) {
  const list = useId();
  return (
    <Field
      label={label}
      problem={faultText(fault)}
      extra={
        most !== undefined && (
          <CountSlider
            label={label}
            value={text === '' ? usual : text}
            most={most}
            onChange={onChange}
          />
        )
      }
    >
      {(described) => (
        <>
          <input
            {...described}
            value={text}
            placeholder={usual}
            inputMode={isNumber ? 'decimal' : 'text'}
            spellCheck={false}
            autoComplete="off"
            list={options.length > 0 ? list : undefined}
            onChange={(event) => onChange(event.target.value)}
          />
          {options.length > 0 && (
            <datalist id={list}>
              {options.map((option) => (
                <option key={option} value={option} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}
