/** The name of a session, edited where it stands: Enter keeps what was typed, Escape what was there. */
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import type { SessionDocument } from '../../../shared/session/session-document';
import { useEngine } from '../../state/engine';
import { changes } from '../../state/undo';

export function EditableName({
  session: { id, name },
  attempt,
  onChanged,
}: {
  session: Pick<SessionDocument, 'id' | 'name'>;
  attempt(action: () => Promise<void>): Promise<void>;
  onChanged(): void;
}) {
  const engine = useEngine();
  const [draft, setDraft] = useState<string | null>(null);
  const rename = (to: string) =>
    attempt(async () => {
      await engine.rename({ id, name: to });
      onChanged();
    });
  const keep = async () => {
    const to = draft?.trim() ?? '';
    setDraft(null);
    if (to === '' || to === name) return;
    await changes.make(
      () => rename(to),
      () => ({ label: 'rename', undo: () => rename(name), redo: () => rename(to) }),
    );
  };
  if (draft === null)
    return (
      <h1 title={name}>
        <button
          type="button"
          className="name-button"
          title="Rename"
          aria-label={`${name}. Rename`}
          onClick={() => setDraft(name)}
        >
          <span>{name}</span>
          <Pencil size={13} aria-hidden="true" />
        </button>
      </h1>
    );
  return (
    <input
      className="name-field"
      aria-label="Name of the session"
      // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
      autoFocus
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => void keep()}
      onKeyDown={(event) => {
        if (event.key === 'Enter') void keep();
        else if (event.key === 'Escape') setDraft(null);
      }}
    />
  );
}
