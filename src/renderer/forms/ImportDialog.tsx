/** Imports a file, and of a measurement alone what the run was, where it is known: a PyTorch run, whose budget it is laid over. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ImportRequest } from '../../shared/contract/api';
import { Dialog } from '../components/Dialog';
import { FailureNote } from '../components/FailureNote';
import { CheckField } from '../components/Field';
import { ModelFields, ModelLine } from '../plans/ModelFields';
import { SettingFields } from '../plans/SettingFields';
import { useEngine } from '../state/engine';
import { go, sessionHref } from '../state/router';
import { sendFile } from '../state/upload';
import { FileWell } from './FileWell';
import { FormActions } from './FormActions';
import { FIRST_IMPORT, type ImportForm, readImport } from './import-form';
import { UnsaidFields } from './UnsaidFields';

export function ImportDialog({
  files,
  onFiles,
  onClose,
}: {
  files: readonly File[];
  onFiles(files: readonly File[]): void;
  onClose(): void;
}) {
  const [form, setForm] = useState(FIRST_IMPORT);
  const [error, setError] = useState<unknown>(null);
  const { share, send } = useSending(setError);
  const { options, reading, faults } = useMemo(() => readImport(form), [form]);
  const change = (part: Partial<ImportForm>) => setForm({ ...form, ...part });
  const setDraft = (declared: ImportForm['declared']) => change({ declared });
  const [file, ...rest] = files;
  const busy = share !== null;
  const take = (chosen: readonly File[]) => {
    setError(null);
    onFiles(chosen);
  };

  const submit = async () => {
    if (!file || busy || options === null) return;
    const id = await send(file, options);
    if (id === null) return;
    if (rest.length === 0) go(sessionHref(id));
    onFiles(rest);
    if (rest.length === 0) onClose();
  };
  return (
    <Dialog
      title="Import"
      wide
      onClose={onClose}
      onSubmit={submit}
      footer={
        <FormActions
          label={busy ? 'Importing…' : 'Import'}
          disabled={!file || busy || options === null}
          onCancel={onClose}
        />
      }
    >
      <FileWell files={files} disabled={busy} onFiles={take} />
      <ModelFields
        draft={form.declared}
        reading={reading}
        unknown="not known"
        onChange={setDraft}
      />
      <ModelLine reading={reading} />
      {reading.model !== null && (
        <>
          <SettingFields
            sides={[{ draft: form.declared, reading, suffix: '', base: null, onChange: setDraft }]}
          />
          <p className="hint">
            The trace is laid over the budget of a PyTorch run with these settings. Leave the model
            open where you are not sure.
          </p>
        </>
      )}
      <UnsaidFields form={form} faults={faults} onChange={change} />
      <CheckField
        label="Keep the file in the session as it came"
        checked={form.keepRaw}
        onChange={(keepRaw) => change({ keepRaw })}
      />
      {share !== null && (
        <progress max={1} value={share < 1 ? share : undefined} aria-label="Import" />
      )}
      {error !== null && <FailureNote error={error} />}
      {error !== null && rest.length > 0 && (
        <button type="button" className="link" onClick={() => take(rest)}>
          Leave it out and go on with {rest[0]?.name}
        </button>
      )}
    </Dialog>
  );
}

/**
 * Sends one file at a time: `share` of it, 0 to 1, is sent, null while there is none. `send` resolves with the session's
 * id, or with null where it failed or the dialog was closed meanwhile.
 */
function useSending(onFailure: (failure: unknown) => void) {
  const engine = useEngine();
  const [share, setShare] = useState<number | null>(null);
  const abort = useRef(new AbortController());
  useEffect(() => () => abort.current.abort(), []);
  const send = async (
    file: File,
    options: Omit<ImportRequest, 'upload'>,
  ): Promise<string | null> => {
    abort.current = new AbortController();
    const { signal } = abort.current;
    onFailure(null);
    setShare(0);
    try {
      const upload = await sendFile(engine, file, setShare, signal);
      const { id } = await engine.import({ upload, ...options });
      return signal.aborted ? null : id;
    } catch (failure) {
      if (!signal.aborted) onFailure(failure);
      return null;
    } finally {
      if (!signal.aborted) setShare(null);
    }
  };
  return { share, send };
}
