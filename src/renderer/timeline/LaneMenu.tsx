/** Which lanes are shown: a list to tick, at the foot of the heads. */
import { Rows3 } from 'lucide-react';
import { changeLane, isShown, type Lane, type LaneSettings } from '../chart/lane';
import { type Store, useStore } from '../state/store';

export function LaneMenu({
  lanes,
  settings,
}: {
  lanes: readonly Lane[];
  settings: Store<LaneSettings>;
}) {
  const chosen = useStore(settings);
  const hidden = lanes.filter((lane) => !isShown(lane, chosen)).length;
  if (lanes.length < 2) return null;
  return (
    <details className="lane-menu">
      <summary>
        <Rows3 size={13} aria-hidden="true" />
        Lanes{hidden > 0 && <small> {hidden} hidden</small>}
      </summary>
      <ul>
        {lanes.map((lane) => (
          <li key={lane.id}>
            <label title={lane.about}>
              <input
                type="checkbox"
                checked={isShown(lane, chosen)}
                onChange={(event) =>
                  settings.set(changeLane(chosen, lane.id, { isHidden: !event.target.checked }))
                }
              />
              {lane.name}
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
