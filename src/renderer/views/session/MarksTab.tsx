/** The marked moments of a session: their words are edited where they stand. */
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Micros } from '../../../shared/base/units';
import { MAX_MARK_TEXT, type Mark } from '../../../shared/session/marks';
import { exactTime } from '../../chart/scale';
import type { MarkActions } from './useMarks';

/** The mark just set, whose words are asked for once: what comes back later takes no keys away. */
export interface FreshMark {
  readonly id: number | null;
  onNamed(): void;
}

export function MarksTab({
  marks = [],
  fresh,
  actions,
  onMoment,
}: {
  marks: readonly Mark[] | undefined;
  fresh: FreshMark;
  actions: MarkActions;
  onMoment(t: Micros): void;
}) {
  if (marks.length === 0)
    return (
      <p className="empty-line">
        Nothing is marked. Point at a moment and press <kbd>M</kbd>.
      </p>
    );
  return (
    <ul className="mark-list">
      {marks.map((mark) => (
        <li key={mark.id}>
          <button
            type="button"
            className="link num"
            title="Show the moment"
            onClick={() => onMoment(mark.t)}
          >
            {exactTime(mark.t)}
          </button>
          <MarkField
            key={`${mark.id} ${mark.text}`}
            mark={mark}
            isFresh={mark.id === fresh.id}
            onChange={(text) => {
              fresh.onNamed();
              void actions.change(mark, text);
            }}
          />
          <button
            type="button"
            className="icon-button"
            aria-label={`Remove the mark “${mark.text}”`}
            title="Remove"
            onClick={() => void actions.remove(mark)}
          >
            <Trash2 size={14} aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Enter keeps what was typed, Escape what was there. */
function MarkField({
  mark,
  isFresh,
  onChange,
}: {
  mark: Mark;
  isFresh: boolean;
  onChange(text: string): void;
}) {
  const [draft, setDraft] = useState(mark.text);
  return (
    <input
      aria-label={`Words of the mark at ${exactTime(mark.t)}`}
      maxLength={MAX_MARK_TEXT}
      // biome-ignore lint/a11y/noAutofocus: the person has just asked to mark, and types what for
      autoFocus={isFresh}
      value={draft}
      onFocus={(event) => isFresh && event.target.select()}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => onChange(draft)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        else if (event.key === 'Escape') setDraft(mark.text);
      }}
    />
  );
}
