/** Imports a file: output of nvidia-smi or a session, and for output of nvidia-smi what the run was, where it is known. */
import { FileUp } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { formatBytes } from '../../shared/base/format';
import { MiB } from '../../shared/base/units';
import { preset, presetNames } from '../../shared/model/presets';
import { runDefaults } from '../../shared/model/run';
import { type Mode, PRECISIONS, type Precision } from '../../shared/model/spec';
import { FailureNote } from '../components/basics';
import { Dialog } from '../components/Dialog';
import { useEngine } from '../state/engine';
import { go, sessionHref } from '../state/router';
import { sendFile } from '../state/upload';

interface Form {
  /** Empty: nothing is said of the run. */
  readonly model: string;
  readonly mode: Mode;
  readonly batch: number;
  readonly seq: number;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly precision: Precision;
  readonly keepRaw: boolean;
  /** What the file does not say of itself; empty where it does. */
  readonly columns: string;
  readonly intervalMs: string;
  readonly baselineMiB: string;
}
const FIRST: Form = {
  model: '',
  mode: 'train',
  batch: 1,
  seq: 1024,
  promptTokens: 128,
  tokens: 128,
  precision: 'fp32',
  keepRaw: false,
  columns: '',
  intervalMs: '',
  baselineMiB: '',
};

export function ImportDialog({
  files,
  onFiles,
  onClose,
}: {
  files: readonly File[];
  onFiles(files: readonly File[]): void;
  onClose(): void;
}) {
  const engine = useEngine();
  const picker = useRef<HTMLInputElement>(null);
  const hint = useId();
  const [form, setForm] = useState<Form>(FIRST);
  const [share, setShare] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);
  const change = (part: Partial<Form>) => setForm((old) => ({ ...old, ...part }));
  const busy = share !== null;
  const file = files[0];

  const start = async () => {
    if (!file || busy) return;
    abort.current = new AbortController();
    const { signal } = abort.current;
    setError(null);
    setShare(0);
    try {
      const upload = await sendFile(engine, file, setShare, signal);
      const { id } = await engine.import({ upload, ...declared(form), ...supplied(form) });
      if (signal.aborted) return;
      if (files.length === 1) go(sessionHref(id));
      onFiles(files.slice(1));
      setShare(null);
      if (files.length === 1) onClose();
    } catch (failure) {
      if (signal.aborted) return;
      setError(failure);
      setShare(null);
    }
  };

  return (
    <Dialog
      title="Import"
      wide
      onClose={onClose}
      onSubmit={start}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={!file || busy}>
            {busy ? 'Importing…' : 'Import'}
          </button>
        </>
      }
    >
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="File to import"
        onChange={(event) => {
          setError(null);
          onFiles([...(event.target.files ?? [])]);
        }}
      />
      <button
        type="button"
        className="file-well"
        aria-describedby={hint}
        disabled={busy}
        onClick={() => picker.current?.click()}
      >
        <FileUp size={20} aria-hidden="true" />
        {file ? (
          <span>
            <strong className="mono">{file.name}</strong>{' '}
            <span className="muted num">
              {formatBytes(file.size)}
              {files.length > 1 && `, and ${files.length - 1} more after it`}
            </span>
          </span>
        ) : (
          <span>
            <strong>Choose a file</strong> or drop it here
          </span>
        )}
      </button>
      <p className="hint" id={hint}>
        Any output of nvidia-smi (CSV, XML, -q, dmon, pmon, the table), or a <code>.plumbline</code>{' '}
        session from another machine.
      </p>
      <div className="fields">
        <label>
          Model
          <select value={form.model} onChange={(event) => change({ model: event.target.value })}>
            <option value="">not known</option>
            {presetNames().map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {form.model !== '' && (
          <>
            <label>
              Mode
              <select
                value={form.mode}
                onChange={(event) => change({ mode: event.target.value as Mode })}
              >
                <option>train</option>
                <option>generate</option>
                <option>infer</option>
              </select>
            </label>
            <label>
              Precision
              <select
                value={form.precision}
                onChange={(event) => change({ precision: event.target.value as Precision })}
              >
                {PRECISIONS.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <Whole label="Batch" value={form.batch} onChange={(batch) => change({ batch })} />
            {form.mode === 'generate' ? (
              <>
                <Whole
                  label="Prompt tokens"
                  value={form.promptTokens}
                  onChange={(promptTokens) => change({ promptTokens })}
                />
                <Whole
                  label="Tokens generated"
                  value={form.tokens}
                  onChange={(tokens) => change({ tokens })}
                />
              </>
            ) : (
              <Whole label="Sequence length" value={form.seq} onChange={(seq) => change({ seq })} />
            )}
          </>
        )}
      </div>
      {form.model !== '' && (
        <p className="hint">
          The trace is laid over the budget of a PyTorch run with these settings. Leave the model
          open where you are not sure.
        </p>
      )}
      <details className="more">
        <summary>What the file does not say</summary>
        <div className="fields">
          <label>
            Interval, ms
            <input
              inputMode="numeric"
              pattern="[1-9]\d*"
              placeholder="from its timestamps"
              value={form.intervalMs}
              onChange={(event) => change({ intervalMs: event.target.value.trim() })}
            />
          </label>
          <label>
            In use before, MiB
            <input
              inputMode="numeric"
              pattern="\d+"
              placeholder="its first sample"
              value={form.baselineMiB}
              onChange={(event) => change({ baselineMiB: event.target.value.trim() })}
            />
          </label>
        </div>
        <div className="fields single">
          <label>
            Columns of a CSV without a header
            <input
              className="mono"
              spellCheck={false}
              placeholder="timestamp,memory.used,utilization.gpu"
              value={form.columns}
              onChange={(event) => change({ columns: event.target.value })}
            />
          </label>
        </div>
      </details>
      <label className="check-line">
        <input
          type="checkbox"
          checked={form.keepRaw}
          onChange={(event) => change({ keepRaw: event.target.checked })}
        />{' '}
        Keep the file in the session as it came
      </label>
      {busy && <progress max={1} value={share < 1 ? share : undefined} aria-label="Import" />}
      {error !== null && <FailureNote error={error} />}
    </Dialog>
  );
}

function supplied({ keepRaw, columns, intervalMs, baselineMiB }: Form) {
  const names = columns
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return {
    ...(keepRaw ? { keepRaw } : {}),
    ...(names.length > 0 ? { columns: names } : {}),
    ...(intervalMs === '' ? {} : { intervalMs: Number(intervalMs) }),
    ...(baselineMiB === '' ? {} : { baselineBytes: Number(baselineMiB) * MiB }),
  };
}

function declared({ model: name, mode, batch, seq, promptTokens, tokens, precision }: Form) {
  if (name === '') return {};
  const model = preset(name);
  return {
    model,
    run: runDefaults(model, {
      mode,
      batch,
      precision,
      framework: 'pytorch',
      ...(mode === 'generate' ? { promptTokens, tokens } : { seq }),
    }),
  };
}

function Whole({
  label,
  value,
  onChange,
}: {
  label: string;
  value: number;
  onChange(value: number): void;
}) {
  return (
    <label>
      {label}
      <input
        type="number"
        min={1}
        max={1_000_000}
        step={1}
        required
        value={value}
        onChange={(event) =>
          onChange(Math.max(1, Math.min(1_000_000, Math.trunc(Number(event.target.value)) || 1)))
        }
      />
    </label>
  );
}
