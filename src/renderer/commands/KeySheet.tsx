/** Every key that does something here, by group. */
import { Dialog } from '../components/Dialog';
import { Keys } from './Keys';
import { GROUPS } from './registry';
import { useCommandList } from './useCommands';

export function KeySheet({ onClose }: { onClose(): void }) {
  const commands = useCommandList().filter(({ keys, isDisabled }) => keys?.length && !isDisabled);
  return (
    <Dialog
      title="Keys"
      wide
      onClose={onClose}
      onSubmit={onClose}
      footer={
        <button type="submit" className="button primary">
          Done
        </button>
      }
    >
      <div className="key-sheet">
        {GROUPS.map((group) => {
          const rows = commands.filter((each) => each.group === group);
          if (rows.length === 0) return null;
          return (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {rows.map(({ id, title, keys = [] }) => (
                  <div key={id}>
                    <dt>{title}</dt>
                    <dd>
                      {keys.slice(0, 2).map((chord) => (
                        <Keys key={chord} chord={chord} />
                      ))}
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
