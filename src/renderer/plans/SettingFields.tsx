/** All settings of one draft, or of two beside each other, group by group: the first open, others when asked or touched. */
import { RUN_SETTINGS, type SettingName } from '../../shared/model/settings';
import { type Draft, withSetting } from './draft';
import { Fold } from './Fold';
import type { Reading } from './read-draft';
import { SettingField, usualText } from './SettingField';
import { isShown, isTouched, SETTING_GROUPS, type SettingGroup } from './setting-groups';

export interface Side {
  /** What is typed here. */
  readonly draft: Draft;
  readonly reading: Reading;
  /** Told behind the labels of each of two. */
  readonly suffix: string;
  /** What this draft is laid over: what it says holds where nothing is typed here. */
  readonly base: Draft | null;
  onChange(draft: Draft): void;
}

export function SettingFields({
  sides,
  hidden = [],
  groups,
}: {
  sides: readonly Side[];
  /** Settings that this form decides itself. */
  hidden?: readonly SettingName[];
  /** Titles of the groups there are; left out, all of them. */
  groups?: readonly string[];
}) {
  return SETTING_GROUPS.map((group, i) => {
    const names = group.names.filter(
      (name) =>
        !hidden.includes(name) &&
        sides.some(({ draft, reading }) => isShown(name, draft, reading.run?.mode)),
    );
    if (names.length === 0 || groups?.includes(group.title) === false) return null;
    if (i === 0) return <Rows key={group.title} names={names} sides={sides} />;
    return <Group key={group.title} group={{ ...group, names }} sides={sides} />;
  });
}

function Group({ group, sides }: { group: SettingGroup; sides: readonly Side[] }) {
  const touched = sides.some(({ draft, reading }) => isTouched(group, draft, reading));
  const count = new Set(
    sides.flatMap(({ draft }) => group.names.filter((name) => draft.settings[name] !== undefined)),
  ).size;
  return (
    <Fold title={group.title} count={count} isTouched={touched}>
      <Rows names={group.names} sides={sides} />
    </Fold>
  );
}

function Rows({ names, sides }: { names: readonly SettingName[]; sides: readonly Side[] }) {
  return (
    <div className="plan-fields" data-sides={sides.length}>
      {names.map((name) => (
        <div key={name} className="plan-row">
          {sides.map(({ draft, reading, suffix, base, onChange }) => (
            <SettingField
              key={suffix}
              name={name}
              label={`${RUN_SETTINGS[name].label}${suffix}`}
              text={draft.settings[name] ?? ''}
              usual={base?.settings[name] ?? usualText(reading.run, name)}
              usualIs={base?.settings[name] === undefined ? 'default' : 'as A'}
              fault={reading.faults[name]}
              onChange={(text) => onChange(withSetting(draft, name, text))}
            />
          ))}
        </div>
      ))}
    </div>
  );
}
