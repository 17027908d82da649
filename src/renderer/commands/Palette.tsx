/** The palette: every command and every session, found by a few letters. */
import { Command as Menu } from 'cmdk';
import { type ReactNode, useEffect, useRef } from 'react';
import type { Chord } from './chord';
import { Keys } from './Keys';
import { type Command, GROUPS } from './registry';
import { useCommandList } from './useCommands';

/** A place that the palette leads to, beside the commands. */
export interface Destination {
  readonly href: string;
  readonly title: string;
  readonly note: string;
}

export default function Palette({
  destinations,
  onGo,
  onClose,
}: {
  destinations: readonly Destination[];
  onGo(href: string): void;
  onClose(): void;
}) {
  const commands = useCommandList().filter((each) => !each.isDisabled && !each.isByKeyOnly);
  const choose = (act: () => void) => {
    onClose();
    // The dialog gives the focus back first, so that what the command focuses keeps it.
    window.setTimeout(act);
  };
  return (
    <PaletteFrame onClose={onClose}>
      <Menu label="Commands" loop>
        <Menu.Input placeholder="Type a command or the name of a session" autoFocus />
        <Menu.List>
          <Menu.Empty>No command and no session is called that.</Menu.Empty>
          {GROUPS.map((group) => (
            <CommandGroup
              key={group}
              group={group}
              commands={commands.filter((each) => each.group === group)}
              onChoose={choose}
            />
          ))}
          {destinations.length > 0 && (
            <Menu.Group heading="Sessions">
              {destinations.map(({ href, title, note }) => (
                <Menu.Item
                  key={href}
                  value={`${title} ${href}`}
                  onSelect={() => choose(() => onGo(href))}
                >
                  <span>{title}</span>
                  <span className="muted">{note}</span>
                </Menu.Item>
              ))}
            </Menu.Group>
          )}
        </Menu.List>
      </Menu>
    </PaletteFrame>
  );
}

/** A modal at the upper third: the platform's own, closed by Escape or a press beside it. */
function PaletteFrame({ onClose, children }: { onClose(): void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Commands"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      {children}
    </dialog>
  );
}

function CommandGroup({
  group,
  commands,
  onChoose,
}: {
  group: string;
  commands: readonly Command[];
  onChoose(act: () => void): void;
}) {
  if (commands.length === 0) return null;
  return (
    <Menu.Group heading={group}>
      {commands.map(({ id, title, words = '', keys = [], run }) => (
        <Menu.Item
          key={id}
          value={`${title} ${id}`}
          keywords={words === '' ? [] : words.split(' ')}
          onSelect={() => onChoose(run)}
        >
          <span>{title}</span>
          <FirstKey keys={keys} />
        </Menu.Item>
      ))}
    </Menu.Group>
  );
}

const FirstKey = ({ keys }: { keys: readonly Chord[] }) =>
  keys[0] === undefined ? null : <Keys chord={keys[0]} />;
