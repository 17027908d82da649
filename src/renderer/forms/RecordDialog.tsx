/** Starts a recording: the bundled GPT-2 with its budget told beforehand, any command, or a workload saved earlier. */
import { useState } from 'react';
import { formatBytes, formatExactBytes } from '../../shared/base/format';
import type { RecordRequest } from '../../shared/contract/api';
import { preset, presetNames } from '../../shared/model/presets';
import { runDefaults } from '../../shared/model/run';
import type { Backend, Mode, RunSpec } from '../../shared/model/spec';
import { FailureNote, Segmented } from '../components/basics';
import { Dialog } from '../components/Dialog';
import { useEngine, useQuery } from '../state/engine';
import { go, sessionHref } from '../state/router';
import { CommandFields, commandRequest, FIRST_COMMAND } from './CommandFields';
import { SavedFields } from './SavedFields';

const BUNDLED = presetNames().filter((name) => name.startsWith('gpt2'));
interface Form {
  readonly model: string;
  readonly mode: Mode;
  readonly batch: number;
  readonly seq: number;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly steps: number;
  readonly backend: Backend | 'auto';
}
const FIRST: Form = {
  model: BUNDLED[0] ?? 'gpt2',
  mode: 'generate',
  batch: 1,
  seq: 128,
  promptTokens: 16,
  tokens: 32,
  steps: 5,
  backend: 'auto',
};

export function RecordDialog({ onClose }: { onClose(): void }) {
  const engine = useEngine();
  const [kind, setKind] = useState<'bundled' | 'command' | 'saved'>('bundled');
  const saved = useQuery('workloads', (client) => client.workloads());
  const [chosen, setChosen] = useState<string | null>(null);
  const [form, setForm] = useState<Form>(FIRST);
  const [command, setCommand] = useState(FIRST_COMMAND);
  const [name, setName] = useState('');
  const [saveAs, setSaveAs] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Form>) => setForm((old) => ({ ...old, ...part }));

  const model = preset(form.model);
  const run: RunSpec = runDefaults(model, {
    mode: form.mode,
    batch: form.batch,
    framework: 'tfjs',
    backend: form.backend === 'auto' ? null : form.backend,
    ...(form.mode === 'generate'
      ? { promptTokens: form.promptTokens, tokens: form.tokens, steps: 1 }
      : { seq: form.seq, steps: form.mode === 'train' ? form.steps : 1 }),
  });
  const commanded = commandRequest(command);
  const length = form.mode === 'generate' ? form.promptTokens + form.tokens : form.seq;
  const tooLong = length > model.maxPositions;
  const request: RecordRequest | null =
    kind === 'bundled'
      ? tooLong
        ? null
        : { bundled: 'gpt2', model, run }
      : kind === 'command'
        ? commanded
        : chosen === null
          ? null
          : { saved: chosen };

  const start = async () => {
    if (request === null || busy) return;
    setBusy(true);
    const named = name.trim() === '' ? {} : { name: name.trim() };
    try {
      if (kind !== 'saved' && saveAs.trim() !== '') {
        await engine.saveWorkload({ name: saveAs.trim(), request: { ...request, ...named } });
        setSaveAs('');
        saved.refresh();
      }
      const { id } = await engine.record({ ...request, ...named });
      onClose();
      go(sessionHref(id));
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };

  const turnTo = (next: typeof kind) => {
    setKind(next);
    setError(null);
  };
  const forget = async (workload: string) => {
    try {
      await engine.deleteWorkload({ name: workload });
      if (chosen === workload) setChosen(null);
      if (saved.data?.length === 1) turnTo('bundled');
    } catch (failure) {
      setError(failure);
    }
    saved.refresh();
  };

  return (
    <Dialog
      title="Record a session"
      wide
      onClose={onClose}
      onSubmit={start}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={request === null || busy}>
            {busy ? 'Starting…' : 'Start recording'}
          </button>
        </>
      }
    >
      <Segmented
        label="What to record"
        value={kind}
        onChange={turnTo}
        options={[
          { value: 'bundled', label: 'Bundled GPT-2' },
          { value: 'command', label: 'A command' },
          ...(saved.data?.length ? [{ value: 'saved' as const, label: 'Saved' }] : []),
        ]}
      />
      {kind === 'bundled' && (
        <>
          <div className="fields">
            <label>
              Model
              <select
                value={form.model}
                onChange={(event) => change({ model: event.target.value })}
              >
                {BUNDLED.map((preset) => (
                  <option key={preset}>{preset}</option>
                ))}
              </select>
            </label>
            <label>
              Mode
              <select
                value={form.mode}
                onChange={(event) => change({ mode: event.target.value as Mode })}
              >
                <option value="generate">generate</option>
                <option value="train">train</option>
                <option value="infer">infer</option>
              </select>
            </label>
            <label>
              Backend
              <select
                value={form.backend}
                onChange={(event) => change({ backend: event.target.value as Backend | 'auto' })}
              >
                <option value="auto">best available</option>
                <option value="webgpu">WebGPU</option>
                <option value="wasm">WebAssembly</option>
                <option value="cpu">CPU</option>
              </select>
            </label>
            <Count
              label="Batch"
              value={form.batch}
              max={1024}
              onChange={(batch) => change({ batch })}
            />
            {form.mode === 'generate' ? (
              <>
                <Count
                  label="Prompt tokens"
                  value={form.promptTokens}
                  max={model.maxPositions}
                  onChange={(promptTokens) => change({ promptTokens })}
                />
                <Count
                  label="Tokens to generate"
                  value={form.tokens}
                  max={model.maxPositions}
                  onChange={(tokens) => change({ tokens })}
                />
              </>
            ) : (
              <Count
                label="Sequence length"
                value={form.seq}
                max={model.maxPositions}
                onChange={(seq) => change({ seq })}
              />
            )}
            {form.mode === 'train' && (
              <Count
                label="Steps"
                value={form.steps}
                max={100_000}
                onChange={(steps) => change({ steps })}
              />
            )}
          </div>
          {tooLong ? (
            <p className="field-error" role="alert">
              {length} tokens are more than the {model.maxPositions} positions {model.name} has.
            </p>
          ) : (
            <Forecast model={model} run={run} />
          )}
        </>
      )}
      {kind === 'command' && (
        <CommandFields
          form={command}
          onChange={(part) => setCommand((old) => ({ ...old, ...part }))}
        />
      )}
      {kind === 'saved' && (
        <SavedFields
          workloads={saved.data ?? []}
          chosen={chosen}
          onChoose={setChosen}
          onDelete={forget}
        />
      )}
      <div className="fields pair">
        <label>
          Name of the session
          <input
            placeholder="chosen for you"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        {kind !== 'saved' && (
          <label>
            Save this workload as
            <input
              placeholder="not saved"
              value={saveAs}
              onChange={(event) => setSaveAs(event.target.value)}
            />
          </label>
        )}
      </div>
      {error !== null && <FailureNote error={error} />}
    </Dialog>
  );
}

function Count({
  label,
  value,
  max,
  onChange,
}: {
  label: string;
  value: number;
  max: number;
  onChange(value: number): void;
}) {
  return (
    <label>
      {label}
      <input
        type="number"
        min={1}
        max={max}
        step={1}
        required
        value={value}
        onChange={(event) =>
          onChange(Math.max(1, Math.min(max, Math.trunc(Number(event.target.value)) || 1)))
        }
      />
    </label>
  );
}

/** What theory says before anything runs. */
function Forecast({ model, run }: { model: ReturnType<typeof preset>; run: RunSpec }) {
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
