/** Fields of a run's settings, as the table of settings has them: words, choices, and the modes that ask for them. */
import { RUN_SETTINGS, type RunSpec, type SettingName } from '../../shared/model/settings';
import { NumberField } from './NumberField';

/** Of the settings in a form, those that its mode asks for. */
export function askedSettings<Form extends Partial<RunSpec>>(form: Form): Partial<RunSpec> {
  return Object.fromEntries(
    Object.entries(form).filter(([name]) => isAsked(name as SettingName, form.mode)),
  );
}

function isAsked(name: SettingName, mode: RunSpec['mode'] | undefined): boolean {
  const { modes } = RUN_SETTINGS[name];
  return modes === undefined || (mode !== undefined && modes.includes(mode));
}

/** One field for each setting of `form` that its mode asks for, in the form's order. */
export function SettingFields<Form extends Partial<RunSpec>>({
  form,
  max,
  labels = {},
  modes,
  onChange,
}: {
  form: Form;
  /** The most that the number of a setting may be. */
  max(name: SettingName): number;
  /** Words that fit this form better than those of the table. */
  labels?: Partial<Record<SettingName, string>>;
  /** The order in which modes are offered, where it is not the table's. */
  modes?: readonly RunSpec['mode'][];
  onChange(part: Partial<Form>): void;
}) {
  return Object.entries(askedSettings(form)).map(([key, value]) => {
    const name = key as SettingName;
    const { label, kind, choiceLabels } = RUN_SETTINGS[name];
    const shared = {
      label: labels[name] ?? label,
      onChange: (changed: unknown) => onChange({ [name]: changed } as Partial<Form>),
    };
    const choices = name === 'mode' && modes ? modes : kind.choices;
    return choices ? (
      <ChoiceField
        key={name}
        {...shared}
        value={value}
        choices={choices}
        choiceLabels={choiceLabels}
      />
    ) : (
      <NumberField key={name} {...shared} value={Number(value)} max={max(name)} />
    );
  });
}

function ChoiceField({
  label,
  value,
  choices,
  choiceLabels = {},
  onChange,
}: {
  label: string;
  value: unknown;
  choices: readonly unknown[];
  choiceLabels: Readonly<Record<string, string>> | undefined;
  onChange(value: unknown): void;
}) {
  return (
    <label>
      {label}
      <select
        value={String(value)}
        onChange={(event) => onChange(choices.find((each) => String(each) === event.target.value))}
      >
        {choices.map(String).map((choice) => (
          <option key={choice} value={choice}>
            {choiceLabels[choice] ?? choice}
          </option>
        ))}
      </select>
    </label>
  );
}
