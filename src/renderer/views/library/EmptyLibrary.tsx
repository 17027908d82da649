/** A library without a session: what to do first, in one click. */
import { Circle, FolderOpen } from 'lucide-react';
import { useState } from 'react';
import type { RecordRequest } from '../../../shared/contract/api';
import { preset } from '../../../shared/model/presets';
import { runDefaults } from '../../../shared/model/run';
import { FailureNote } from '../../components/FailureNote';
import { useEngine, useQuery } from '../../state/engine';
import { go, sessionHref } from '../../state/router';

/** Small enough for any machine, and with all that a training step has. */
const FIRST_MODEL = preset('gpt2-nano');
const FIRST_RUN = runDefaults(FIRST_MODEL, {
  mode: 'train',
  framework: 'tfjs',
  optimizer: 'adam',
  batch: 4,
  seq: 64,
  steps: 6,
});

const FIRST_RECORDING: RecordRequest = {
  bundled: 'gpt2',
  name: 'First run: a small GPT-2 in training',
  model: FIRST_MODEL,
  run: FIRST_RUN,
};

export function EmptyLibrary({ onRecord, onImport }: { onRecord(): void; onImport(): void }) {
  return (
    <section className="empty">
      <Drawing />
      <h2>Nothing recorded yet</h2>
      <p>
        Record a run, and its measured memory is laid over the budget that theory predicts for it.
        The bundled GPT-2 needs nothing but this machine.
      </p>
      <FirstSteps />
      <p className="muted">
        or{' '}
        <button type="button" className="link" onClick={onRecord}>
          record something of your own
        </button>
        , or{' '}
        <button type="button" className="link" onClick={onImport}>
          import
        </button>{' '}
        a file: drop it anywhere on this page
      </p>
      <p className="muted">or from a terminal</p>
      <code className="command">plumbline record --bundled gpt2 --mode generate</code>
      <code className="command">plumbline record -- python train.py</code>
    </section>
  );
}

/** The bundled workload recorded, or the session that comes with Plumbline: either is opened at once. */
function FirstSteps() {
  const engine = useEngine();
  const info = useQuery('info', (client) => client.info());
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const open = (made: () => Promise<{ id: string }>) => async () => {
    setBusy(true);
    try {
      go(sessionHref((await made()).id));
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const mayLaunch = info.data?.mayLaunch !== false;
  return (
    <>
      <p className="first-steps">
        {mayLaunch && (
          <button
            type="button"
            className="button primary"
            disabled={isBusy}
            onClick={open(() => engine.record(FIRST_RECORDING))}
          >
            <Circle size={12} fill="currentColor" aria-hidden="true" />
            Record the bundled GPT-2
          </button>
        )}
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={open(() => engine.addSample())}
        >
          <FolderOpen size={14} aria-hidden="true" />
          Open a sample session
        </button>
      </p>
      {error !== null && <FailureNote error={error} />}
    </>
  );
}

/** A line over bands, as a session shows it. */
const Drawing = () => (
  <svg viewBox="0 0 240 96" width="240" height="96" aria-hidden="true">
    <path className="e-band a" d="M8 88V64h60V40h70v24h94v24z" />
    <path className="e-band b" d="M68 40V28h70v36h40V52h54v12h-94V40z" />
    <path className="e-line" d="M8 66h28v-4h32V38h22v-6h46v30h20v-6h22v-6h54" />
  </svg>
);
