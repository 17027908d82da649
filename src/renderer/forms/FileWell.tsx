/** Where a file is chosen, or dropped; of several the first is shown. */
import { FileUp } from 'lucide-react';
import { useId, useRef } from 'react';
import { formatBytes } from '../../shared/base/format';
import { IMPORTABLE } from '../../shared/present/importable';
import { capitalize } from '../../shared/present/names';

export function FileWell({
  files,
  disabled,
  onFiles,
}: {
  files: readonly File[];
  disabled: boolean;
  onFiles(files: readonly File[]): void;
}) {
  const picker = useRef<HTMLInputElement>(null);
  const hint = useId();
  const [file] = files;
  return (
    <>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="File to import"
        onChange={(event) => onFiles([...(event.target.files ?? [])])}
      />
      <button
        type="button"
        className="file-well"
        aria-describedby={hint}
        disabled={disabled}
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
        {capitalize(IMPORTABLE)}.
      </p>
    </>
  );
}
