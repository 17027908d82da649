/** Memory by phase and component, in both tiers; each band opens what it is made of. */
import { useState } from 'react';
import { type Component, PHASES, type Tier } from '../../../shared/base/vocabulary';
import type { ComponentBytes, PhaseBudget } from '../../../shared/budget/types';
import { COMPONENT_COLOR, STACK_ORDER } from '../../../shared/present/colors';
import { capitalize, componentLabel } from '../../../shared/present/names';
import { Bytes } from '../../components/Bytes';
import { Segmented } from '../../components/Segmented';
import { Skeleton } from '../../components/Skeleton';
import { type Band, PhaseStacks } from '../../plans/PhaseStacks';
import { useParameter } from '../../state/router';
import { BandPanel } from './BandPanel';
import { type Planned, shownTier } from './planned';

const TIERS = [
  { value: 'refined', label: 'Refined', title: 'The model of the framework that runs it' },
  { value: 'textbook', label: 'Textbook', title: 'The textbook’s list, and no more' },
] as const;

export function MemoryPage({ sides }: { sides: readonly Planned[] }) {
  const [tierAsked, setTier] = useParameter('tier', 'tier');
  const tier: Tier = tierAsked === 'textbook' ? 'textbook' : 'refined';
  const [chosen, setBand] = useState<Band | null>(null);
  const told = sides.filter(({ budget }) => budget !== null);
  const first = told[0] && shownTier(told[0], tier);
  if (!first) return <Skeleton rows={6} />;
  const band = chosen ?? { component: largest(first.components), phase: first.peak.phase };
  const phases = PHASES.filter((phase) => first.phases.some((each) => each.phase === phase));
  return (
    <>
      <div className="plan-tools">
        <Segmented<Tier> label="Tier" value={tier} options={TIERS} onChange={setTier} />
        <Segmented
          label="Phase of the table"
          value={band.phase}
          options={phases.map((phase) => ({ value: phase, label: phase }))}
          onChange={(phase) => setBand({ ...band, phase })}
        />
      </div>
      <PhaseStacks
        sides={told.map((side) => ({
          letter: side.letter,
          phases: shownTier(side, tier)?.phases ?? [],
          memoryBytes: side.hold?.memoryBytes ?? null,
        }))}
        band={band}
        onBand={setBand}
      />
      <div className="memory-detail">
        <ComponentTable sides={told} tier={tier} band={band} onBand={setBand} />
        <BandPanel sides={told} tier={tier} band={band} />
      </div>
      <Assumed sides={told} />
    </>
  );
}

function largest(components: ComponentBytes): Component {
  return STACK_ORDER.reduce((most, each) =>
    (components[each] ?? 0) > (components[most] ?? 0) ? each : most,
  );
}

interface Column {
  readonly letter: string | null;
  readonly shown: PhaseBudget | undefined;
  /** The same in the other tier. */
  readonly other: PhaseBudget | undefined;
}

const otherTier = (tier: Tier): Tier => (tier === 'refined' ? 'textbook' : 'refined');

/** The phase that is looked at, component by component; of two sides with what the second has more. */
function ComponentTable({
  sides,
  tier,
  band,
  onBand,
}: {
  sides: readonly Planned[];
  tier: Tier;
  band: Band;
  onBand(band: Band): void;
}) {
  const columns: readonly Column[] = sides.map((side) => {
    const row = (of: Tier) => shownTier(side, of)?.phases.find(({ phase }) => phase === band.phase);
    return { letter: side.letter, shown: row(tier), other: row(otherTier(tier)) };
  });
  const components = [...STACK_ORDER]
    .reverse()
    .filter((each) =>
      columns.some(({ shown, other }) => shown?.components[each] || other?.components[each]),
    );
  const last = columns.length > 1 ? 'B − A' : capitalize(otherTier(tier));
  return (
    <div className="table-frame">
      <table className="table plan-components">
        <thead>
          <tr>
            <th>{capitalize(band.phase)}</th>
            {columns.map(({ letter }) => (
              <th key={letter} className="right">
                {letter ?? capitalize(tier)}
              </th>
            ))}
            <th className="right">{last}</th>
          </tr>
        </thead>
        <tbody>
          {components.map((component) => (
            <tr key={component} data-selected={component === band.component}>
              <td>
                <ComponentButton
                  component={component}
                  isChosen={component === band.component}
                  onChoose={() => onBand({ ...band, component })}
                />
              </td>
              <Figures columns={columns} read={(row) => row?.components[component]} />
            </tr>
          ))}
          <tr className="sum">
            <td>In all</td>
            <Figures columns={columns} read={(row) => row?.total} />
          </tr>
        </tbody>
      </table>
    </div>
  );
}

/** Opens what the component's band is made of. */
function ComponentButton({
  component,
  isChosen,
  onChoose,
}: {
  component: Component;
  isChosen: boolean;
  onChoose(): void;
}) {
  return (
    <button type="button" className="link plain" aria-expanded={isChosen} onClick={onChoose}>
      <i className="swatch" style={{ background: COMPONENT_COLOR[component] }} />
      {componentLabel(component)}
    </button>
  );
}

/** A figure of each side, and behind them the difference of two, or of one its other tier. */
function Figures({
  columns,
  read,
}: {
  columns: readonly Column[];
  read(row: PhaseBudget | undefined): number | undefined;
}) {
  const [a, b] = columns;
  return (
    <>
      {columns.map(({ letter, shown }) => (
        <td key={letter} className="right">
          <Bytes value={read(shown)} />
        </td>
      ))}
      <td className="right">
        {b ? (
          <Bytes signed value={(read(b.shown) ?? 0) - (read(a?.shown) ?? 0)} />
        ) : (
          <Bytes value={read(a?.other)} />
        )}
      </td>
    </>
  );
}

/** What is assumed of each side; a letter stands before what is not assumed of all. */
function Assumed({ sides }: { sides: readonly Planned[] }) {
  const texts = [...new Set(sides.flatMap(({ budget }) => budget?.assumed ?? []))];
  if (texts.length === 0) return null;
  return (
    <ul className="plan-assumed">
      {texts.map((text) => {
        const of = sides.filter(({ budget }) => budget?.assumed.includes(text));
        return (
          <li key={text}>
            {of.length < sides.length &&
              of.map(({ letter }) => (
                <b key={letter} className="side-letter small">
                  {letter}
                </b>
              ))}
            {text}
          </li>
        );
      })}
    </ul>
  );
}
