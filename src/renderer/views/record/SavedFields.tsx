/** The saved workloads: choose one to record it again, or delete it. */
import { Trash2 } from 'lucide-react';
import type { SavedWorkload } from '../../../shared/contract/api';
import { formatMoment } from '../../../shared/present/moments';

export function SavedFields({
  workloads,
  chosen,
  onChoose,
  onDelete,
}: {
  workloads: readonly SavedWorkload[];
  chosen: string | null;
  onChoose(name: string): void;
  onDelete(name: string): void;
}) {
  return (
    <ul className="saved" aria-label="Saved workloads">
      {workloads.map(({ name, savedAt, request }) => (
        <li key={name}>
          <label>
            <input
              type="radio"
              name="saved"
              checked={chosen === name}
              onChange={() => onChoose(name)}
            />
            <span>
              <strong>{name}</strong> <span className="muted">{formatMoment(savedAt)}</span>
              <br />
              <code>
                {request.command?.join(' ') ??
                  `bundled ${request.bundled}, ${request.model?.name} ${request.run?.mode}`}
              </code>
            </span>
          </label>
          <button
            type="button"
            className="icon-button quiet"
            aria-label={`Delete ${name}`}
            title="Delete"
            onClick={() => onDelete(name)}
          >
            <Trash2 size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}
