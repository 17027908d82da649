/** The saved workloads: choose one to record it again, change it, or delete it. */
import { Pencil, Trash2 } from 'lucide-react';
import type { SavedWorkload } from '../../../shared/contract/api';
import { formatMoment } from '../../../shared/present/moments';
import { joinCommand } from '../../components/split-command';

export function SavedFields({
  workloads,
  chosen,
  onChoose,
  onEdit,
  onDelete,
}: {
  workloads: readonly SavedWorkload[];
  chosen: string | null;
  onChoose(name: string): void;
  onEdit(workload: SavedWorkload): void;
  onDelete(name: string): void;
}) {
  return (
    <ul className="saved" aria-label="Saved workloads">
      {workloads.map((workload) => (
        <SavedRow
          key={workload.name}
          workload={workload}
          isChosen={chosen === workload.name}
          onChoose={() => onChoose(workload.name)}
          onEdit={() => onEdit(workload)}
          onDelete={() => onDelete(workload.name)}
        />
      ))}
    </ul>
  );
}

function SavedRow({
  workload: { name, savedAt, request },
  isChosen,
  onChoose,
  onEdit,
  onDelete,
}: {
  workload: SavedWorkload;
  isChosen: boolean;
  onChoose(): void;
  onEdit(): void;
  onDelete(): void;
}) {
  const line =
    request.command === undefined
      ? `bundled ${request.bundled}, ${request.model?.name} ${request.run?.mode}`
      : joinCommand(request.command);
  return (
    <li>
      <label>
        <input type="radio" name="saved" checked={isChosen} onChange={onChoose} />
        <span>
          <strong>{name}</strong> <span className="muted">{formatMoment(savedAt)}</span>
          <br />
          <code title={line}>{line}</code>
        </span>
      </label>
      <button
        type="button"
        className="icon-button"
        aria-label={`Change ${name}`}
        title="Change"
        onClick={onEdit}
      >
        <Pencil size={14} />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Delete ${name}`}
        title="Delete"
        onClick={onDelete}
      >
        <Trash2 size={14} />
      </button>
    </li>
  );
}
