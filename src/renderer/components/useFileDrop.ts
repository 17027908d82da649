/** Files dragged from the desktop onto the window: true while some hover over it, and what is dropped is handed on. */
import { useEffect, useRef, useState } from 'react';

export function useFileDrop(onFiles: (files: readonly File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(onFiles);
  useEffect(() => {
    latest.current = onFiles;
  });
  useEffect(() => {
    // Each element under the pointer announces entering and leaving of its own.
    let depth = 0;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const on = <K extends 'dragenter' | 'dragover' | 'dragleave' | 'drop'>(
      type: K,
      act: (event: DragEvent) => void,
    ) => {
      const listener = (event: DragEvent) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        act(event);
      };
      window.addEventListener(type, listener);
      return () => window.removeEventListener(type, listener);
    };
    const off = [
      on('dragenter', () => setOver(++depth > 0)),
      on('dragover', () => {}),
      on('dragleave', () => setOver(--depth > 0)),
      on('drop', (event) => {
        depth = 0;
        setOver(false);
        latest.current([...(event.dataTransfer?.files ?? [])]);
      }),
    ];
    return () => {
      for (const stop of off) stop();
    };
  }, []);
  return over;
}
