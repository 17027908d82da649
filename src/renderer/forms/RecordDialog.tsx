/** Starts a recording: the bundled GPT-2 with its budget told beforehand, any command, or a workload saved earlier. */
import { useState } from 'react';
import type { RecordRequest } from '../../shared/contract/api';
import { Dialog } from '../components/Dialog';
import { FailureNote } from '../components/FailureNote';
import { Segmented } from '../components/Segmented';
import { useEngine, useQuery } from '../state/engine';
import { go, sessionHref } from '../state/router';
import { BundledFields, bundledRequest, FIRST_BUNDLED } from './BundledFields';
import { CommandFields, commandRequest, FIRST_COMMAND } from './CommandFields';
import { FormActions } from './FormActions';
import { SavedFields } from './SavedFields';

type Kind = 'bundled' | 'command' | 'saved';

interface Names {
  readonly session: string;
  readonly workload: string;
}

export function RecordDialog({ onClose }: { onClose(): void }) {
  const [kind, setKind] = useState<Kind>('bundled');
  const [bundled, setBundled] = useState(FIRST_BUNDLED);
  const [command, setCommand] = useState(FIRST_COMMAND);
  const [names, setNames] = useState<Names>({ session: '', workload: '' });
  const [error, setError] = useState<unknown>(null);
  const turnTo = (next: Kind) => {
    setKind(next);
    setError(null);
  };
  const saved = useSavedWorkloads(() => turnTo('bundled'), setError);
  const { busy, start } = useStart(onClose, setError);
  const requests: Readonly<Record<Kind, RecordRequest | null>> = {
    bundled: bundledRequest(bundled),
    command: commandRequest(command),
    saved: saved.chosen === null ? null : { saved: saved.chosen },
  };
  const info = useQuery('info', (client) => client.info());
  const mayLaunch = info.data?.mayLaunch !== false;
  const request = mayLaunch ? requests[kind] : null;
  const submit = async () => {
    if (request === null || busy) return;
    await start(request, kind === 'saved' ? { ...names, workload: '' } : names, () => {
      setNames((old) => ({ ...old, workload: '' }));
      saved.refresh();
    });
  };
  return (
    <Dialog
      title="Record a session"
      wide
      onClose={onClose}
      onSubmit={submit}
      footer={
        <FormActions
          label={busy ? 'Starting…' : 'Start recording'}
          disabled={request === null || busy}
          onCancel={onClose}
        />
      }
    >
      {!mayLaunch && (
        <p role="alert">
          This server launches nothing: whoever learns its address could run any command. Start it
          with <code>plumbline serve --allow-launch</code>, or record in a terminal with{' '}
          <code>plumbline record</code>; the session appears here as it runs.
        </p>
      )}
      <KindSwitch kind={kind} hasSaved={saved.workloads.length > 0} onChange={turnTo} />
      {kind === 'bundled' && <BundledFields form={bundled} onChange={setBundled} />}
      {kind === 'command' && <CommandFields form={command} onChange={setCommand} />}
      {kind === 'saved' && <SavedFields {...saved} />}
      <NameFields names={names} isSaved={kind === 'saved'} onChange={setNames} />
      {error !== null && <FailureNote error={error} />}
    </Dialog>
  );
}

/** The saved workloads, and which of them is chosen. `onEmpty`: the last of them was deleted. */
function useSavedWorkloads(onEmpty: () => void, onFailure: (failure: unknown) => void) {
  const engine = useEngine();
  const { data, refresh } = useQuery('workloads', (client) => client.workloads());
  const [chosen, onChoose] = useState<string | null>(null);
  const onDelete = async (name: string) => {
    try {
      await engine.deleteWorkload({ name });
      if (chosen === name) onChoose(null);
      if (data?.length === 1) onEmpty();
    } catch (failure) {
      onFailure(failure);
    }
    refresh();
  };
  return { workloads: data ?? [], refresh, chosen, onChoose, onDelete };
}

/** Saves the workload where it has a name, records it, and goes to its session. */
function useStart(onStarted: () => void, onFailure: (failure: unknown) => void) {
  const engine = useEngine();
  const [busy, setBusy] = useState(false);
  const start = async (unnamed: RecordRequest, names: Names, onSaved: () => void) => {
    setBusy(true);
    const [session, workload] = [names.session.trim(), names.workload.trim()];
    const request = { ...unnamed, ...(session !== '' && { name: session }) };
    try {
      if (workload !== '') {
        await engine.saveWorkload({ name: workload, request });
        onSaved();
      }
      const { id } = await engine.record(request);
      onStarted();
      go(sessionHref(id));
    } catch (failure) {
      onFailure(failure);
      setBusy(false);
    }
  };
  return { busy, start };
}

function KindSwitch({
  kind,
  hasSaved,
  onChange,
}: {
  kind: Kind;
  hasSaved: boolean;
  onChange(kind: Kind): void;
}) {
  return (
    <Segmented<Kind>
      label="What to record"
      value={kind}
      onChange={onChange}
      options={[
        { value: 'bundled', label: 'Bundled GPT-2' },
        { value: 'command', label: 'A command' },
        ...(hasSaved ? [{ value: 'saved' as const, label: 'Saved' }] : []),
      ]}
    />
  );
}

function NameFields({
  names,
  isSaved,
  onChange,
}: {
  names: Names;
  /** The workload has a name already. */
  isSaved: boolean;
  onChange(names: Names): void;
}) {
  return (
    <div className="fields pair">
      <label>
        Name of the session
        <input
          placeholder="chosen for you"
          value={names.session}
          onChange={(event) => onChange({ ...names, session: event.target.value })}
        />
      </label>
      {!isSaved && (
        <label>
          Save this workload as
          <input
            placeholder="not saved"
            value={names.workload}
            onChange={(event) => onChange({ ...names, workload: event.target.value })}
          />
        </label>
      )}
    </div>
  );
}
