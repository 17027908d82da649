/** The palette: every command and every session, found by a few letters. */
import { Command as Menu } from 'cmdk';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { Chord } from './chord';
import { Keys } from './Keys';
import { type Offer, rankOffers } from './rank-offers';
import type { Command } from './registry';
import { useCommandList } from './useCommands';

/** A place that the palette leads to, beside the commands. */
export interface Destination {
  readonly href: string;
  readonly title: string;
  readonly note: string;
}

/** A row of the menu. */
interface Row extends Offer {
  readonly title: string;
  readonly aside: ReactNode;
  act(): void;
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
  const [typed, setTyped] = useState('');
  const commands = useCommandList();
  const rows = useMemo(
    () => [
      ...commands.filter((each) => !each.isDisabled && !each.isByKeyOnly).map(commandRow),
      ...destinations.map((each) => destinationRow(each, onGo)),
    ],
    [commands, destinations, onGo],
  );
  const groups = useMemo(() => rankOffers(rows, typed), [rows, typed]);
  const choose = (act: () => void) => {
    onClose();
    // The dialog gives the focus back first, so that what the command focuses keeps it.
    window.setTimeout(act);
  };
  return (
    <PaletteFrame onClose={onClose}>
      <Menu label="Commands" loop shouldFilter={false}>
        <Menu.Input
          placeholder="Type a command or the name of a session"
          autoFocus
          value={typed}
          onValueChange={setTyped}
        />
        <Menu.List>
          <Menu.Empty>No command and no session is called that.</Menu.Empty>
          {groups.map(({ group, offers }) => (
            <Menu.Group key={group} heading={group}>
              {offers.map(({ value, title, aside, act }) => (
                <Menu.Item key={value} value={value} onSelect={() => choose(act)}>
                  <span title={title}>{title}</span>
                  {aside}
                </Menu.Item>
              ))}
            </Menu.Group>
          ))}
        </Menu.List>
      </Menu>
    </PaletteFrame>
  );
}

const commandRow = ({ id, group, title, words = '', keys = [], run }: Command): Row => ({
  value: `${title} ${id}`,
  group,
  keywords: words === '' ? [] : words.split(' '),
  title,
  aside: <FirstKey keys={keys} />,
  act: run,
});

const destinationRow = ({ href, title, note }: Destination, go: (href: string) => void): Row => ({
  value: `${title} ${href}`,
  group: 'Sessions',
  keywords: [],
  title,
  aside: <span className="muted">{note}</span>,
  act: () => go(href),
});

/** A modal at the upper third: the platform's own, closed by Escape or a press beside it. */
function PaletteFrame({ onClose, children }: { onClose(): void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (!element.open) element.showModal();
    // The platform gives the focus to the first element that takes any, which is the menu around the field.
    element.querySelector('input')?.focus();
    return () => element.close();
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

const FirstKey = ({ keys }: { keys: readonly Chord[] }) =>
  keys[0] === undefined ? null : <Keys chord={keys[0]} />;
