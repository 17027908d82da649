/** A recording of the bundled GPT-2: its model, its settings, and what theory says of them before anything runs. */
import { formatBytes, formatExactBytes } from '../../shared/base/format';
import type { RecordRequest } from '../../shared/contract/api';
import { preset, presetNames } from '../../shared/model/presets';
import { runDefaults } from '../../shared/model/run';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { FailureNote } from '../components/FailureNote';
import { useQuery } from '../state/engine';
import { PresetField } from './PresetField';
import { askedSettings, SettingFields } from './SettingFields';

const MODELS = presetNames().filter((name) => name.startsWith('gpt2'));
const MAX_BATCH = 1024;
const MAX_STEPS = 100_000;

export interface BundledForm {
  readonly model: string;
  readonly settings: Pick<
    RunSpec,
    'mode' | 'backend' | 'batch' | 'promptTokens' | 'tokens' | 'seq' | 'steps'
  >;
}
export const FIRST_BUNDLED: BundledForm = {
  model: MODELS[0] ?? 'gpt2',
  settings: {
    mode: 'generate',
    backend: null,
    batch: 1,
    promptTokens: 16,
    tokens: 32,
    seq: 128,
    steps: 5,
  },
};

function bundledRun({ model: name, settings }: BundledForm): { model: ModelSpec; run: RunSpec } {
  const model = preset(name);
  return {
    model,
    run: runDefaults(model, { ...askedSettings(settings), framework: 'tfjs' }),
  };
}

/** Null where the model has too few positions. */
export function bundledRequest(form: BundledForm): RecordRequest | null {
  const { model, run } = bundledRun(form);
  return run.seq > model.maxPositions ? null : { bundled: 'gpt2', model, run };
}

export function BundledFields({
  form,
  onChange,
}: {
  form: BundledForm;
  onChange(form: BundledForm): void;
}) {
  const { model, run } = bundledRun(form);
  const limits: Partial<Record<keyof RunSpec, number>> = { batch: MAX_BATCH, steps: MAX_STEPS };
  return (
    <>
      <div className="fields">
        <PresetField
          names={MODELS}
          value={form.model}
          onChange={(name) => onChange({ ...form, model: name })}
        />
        <SettingFields
          form={form.settings}
          max={(name) => limits[name] ?? model.maxPositions}
          modes={['generate', 'train', 'infer']}
          onChange={(part) => onChange({ ...form, settings: { ...form.settings, ...part } })}
        />
      </div>
      {run.seq > model.maxPositions ? (
        <p className="field-error" role="alert">
          {run.seq} tokens are more than the {model.maxPositions} positions {model.name} has.
        </p>
      ) : (
        <Forecast model={model} run={run} />
      )}
    </>
  );
}

function Forecast({ model, run }: { model: ModelSpec; run: RunSpec }) {
  const budget = useQuery(`budget ${JSON.stringify([model.name, run])}`, (engine) =>
    engine.budget({ model, run }),
  );
  if (budget.error !== null) return <FailureNote error={budget.error} />;
  const refined = budget.data?.tiers.refined;
  return (
    <p className="forecast" aria-live="polite">
      {refined ? (
        <>
          Predicted peak{' '}
          <strong title={formatExactBytes(refined.peak.bytes)}>
            {formatBytes(refined.peak.bytes)}
          </strong>{' '}
          in {refined.peak.phase}{' '}
          <span className="muted">
            (textbook {formatBytes(budget.data?.tiers.textbook.peak.bytes)})
          </span>
        </>
      ) : (
        <span className="muted">Computing the budget…</span>
      )}
    </p>
  );
}
