/** Tags and note of one session: what a person says of it. Nothing that was measured changes. */
import { useState } from 'react';
import { Failure } from '../../../shared/base/failure';
import { checkTags, MAX_NOTE } from '../../../shared/library/words';
import type { SessionSummary } from '../../../shared/session/types';
import { Dialog } from '../../components/Dialog';
import { FailureNote } from '../../components/FailureNote';
import { Field } from '../../components/Field';
import { FormActions } from '../../forms/FormActions';
import { useEngine } from '../../state/engine';

export function WordsDialog({ session, onClose }: { session: SessionSummary; onClose(): void }) {
  const engine = useEngine();
  const [tags, setTags] = useState((session.tags ?? []).join(' '));
  const [note, setNote] = useState(session.note ?? '');
  const [error, setError] = useState<unknown>(null);
  const split = tags.split(/[\s,]+/).filter(Boolean);
  const problem = tagProblem(split);
  const save = async () => {
    if (problem !== null) return;
    try {
      await engine.annotate({ id: session.id, tags: split, note });
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog
      title={`Tags and note of “${session.name}”`}
      onClose={onClose}
      onSubmit={save}
      footer={<FormActions label="Save" disabled={problem !== null} onCancel={onClose} />}
    >
      <div className="plan-fields">
        <Field label="Tags" problem={problem}>
          {(described) => (
            <input
              {...described}
              placeholder="paper ablation"
              value={tags}
              onChange={(event) => setTags(event.target.value)}
            />
          )}
        </Field>
        <Field label="Note" problem={null}>
          {(described) => (
            <textarea
              {...described}
              rows={5}
              maxLength={MAX_NOTE}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
      </div>
      {error !== null && <FailureNote error={error} />}
    </Dialog>
  );
}

function tagProblem(tags: readonly string[]): string | null {
  try {
    checkTags(tags);
    return null;
  } catch (error) {
    if (error instanceof Failure) return `${error.message} ${error.remedy}`;
    throw error;
  }
}
