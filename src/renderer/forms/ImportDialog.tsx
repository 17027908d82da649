/** Imports a file: output of nvidia-smi or a session, and for output of nvidia-smi what the run was, where it is known. */
import { useEffect, useRef, useState } from 'react';
import { Dialog } from '../components/Dialog';
import { FailureNote } from '../components/FailureNote';
import { CheckField } from '../components/Field';
import { useEngine } from '../state/engine';
import { go, sessionHref } from '../state/router';
import { sendFile } from '../state/upload';
import { DeclaredFields, declaredRun, FIRST_DECLARED } from './DeclaredFields';
import { FileWell } from './FileWell';
import { FormActions } from './FormActions';
import { FIRST_UNSAID, UnsaidFields, unsaidOptions } from './UnsaidFields';

type Options = ReturnType<typeof declaredRun> &
  ReturnType<typeof unsaidOptions> & { readonly keepRaw?: boolean };

export function ImportDialog({
  files,
  onFiles,
  onClose,
}: {
  files: readonly File[];
  onFiles(files: readonly File[]): void;
  onClose(): void;
}) {
  const [declared, setDeclared] = useState(FIRST_DECLARED);
  const [unsaid, setUnsaid] = useState(FIRST_UNSAID);
  const [keepRaw, setKeepRaw] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { share, send } = useSending(setError);
  const [file, ...rest] = files;
  const busy = share !== null;

  const options = { ...declaredRun(declared), ...unsaidOptions(unsaid), keepRaw };
  const submit = async () => {
    if (!file || busy) return;
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
          disabled={!file || busy}
          onCancel={onClose}
        />
      }
    >
      <FileWell
        files={files}
        disabled={busy}
        onFiles={(chosen) => {
          setError(null);
          onFiles(chosen);
        }}
      />
      <DeclaredFields form={declared} onChange={setDeclared} />
      <UnsaidFields form={unsaid} onChange={setUnsaid} />
      <CheckField
        label="Keep the file in the session as it came"
        checked={keepRaw}
        onChange={setKeepRaw}
      />
      {share !== null && (
        <progress max={1} value={share < 1 ? share : undefined} aria-label="Import" />
      )}
      {error !== null && <FailureNote error={error} />}
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
  const send = async (file: File, options: Options): Promise<string | null> => {
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
