/** The run that an imported trace is of, where it is known: a PyTorch run, whose budget the trace is laid over. */
import { modelNames, namedModel } from '../../shared/model/named';
import { runDefaults } from '../../shared/model/run';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { PresetField } from './PresetField';
import { askedSettings, SettingFields } from './SettingFields';

const MAX_NUMBER = 1_000_000;

export interface DeclaredForm {
  /** Empty: nothing is said of the run. */
  readonly model: string;
  readonly settings: Pick<
    RunSpec,
    'mode' | 'precision' | 'batch' | 'promptTokens' | 'tokens' | 'seq'
  >;
}
export const FIRST_DECLARED: DeclaredForm = {
  model: '',
  settings: {
    mode: 'train',
    precision: 'fp32',
    batch: 1,
    promptTokens: 128,
    tokens: 128,
    seq: 1024,
  },
};

export function declaredRun({ model: name, settings }: DeclaredForm): {
  model?: ModelSpec;
  run?: RunSpec;
} {
  if (name === '') return {};
  const model = namedModel(name);
  return {
    model,
    run: runDefaults(model, { ...askedSettings(settings), framework: 'pytorch' }),
  };
}

export function DeclaredFields({
  form,
  onChange,
}: {
  form: DeclaredForm;
  onChange(form: DeclaredForm): void;
}) {
  return (
    <>
      <div className="fields">
        <PresetField
          names={modelNames()}
          unknown="not known"
          value={form.model}
          onChange={(model) => onChange({ ...form, model })}
        />
        {form.model !== '' && (
          <SettingFields
            form={form.settings}
            max={() => MAX_NUMBER}
            labels={{ tokens: 'Tokens generated' }}
            onChange={(part) => onChange({ ...form, settings: { ...form.settings, ...part } })}
          />
        )}
      </div>
      {form.model !== '' && (
        <p className="hint">
          The trace is laid over the budget of a PyTorch run with these settings. Leave the model
          open where you are not sure.
        </p>
      )}
    </>
  );
}
