/**
 * The budget as a picture: one bar a phase, its bands the components from the ground up, all on one scale with the card's
 * memory as a line. Two configurations stand one beneath the other. The table beside it says the same in figures, and is
 * the way by keyboard.
 */
import { formatBytes } from '../../shared/base/format';
import type { Component, Phase } from '../../shared/base/vocabulary';
import type { PhaseBudget } from '../../shared/budget/types';
import { COMPONENT_COLOR, STACK_ORDER } from '../../shared/present/colors';
import { capitalize, componentLabel } from '../../shared/present/names';

export interface StackSide {
  readonly letter: string | null;
  readonly phases: readonly PhaseBudget[];
  readonly memoryBytes: number | null;
}

export interface Band {
  readonly component: Component;
  readonly phase: Phase;
}

export function PhaseStacks({
  sides,
  band,
  onBand,
}: {
  sides: readonly StackSide[];
  /** The band that is looked at; null where the picture is one to look at alone. */
  band: Band | null;
  onBand?(band: Band): void;
}) {
  const names = [...new Set(sides.flatMap(({ phases }) => phases.map(({ phase }) => phase)))];
  const top = Math.max(
    1,
    ...sides.flatMap(({ phases, memoryBytes }) => [
      ...phases.map(({ total }) => total),
      // A card many times the run would leave nothing to see of it.
      ...(memoryBytes !== null && memoryBytes < 8 * highest(phases) ? [memoryBytes] : []),
    ]),
  );
  return (
    <div className="stacks" role="img" aria-label={describe(sides)}>
      {names.map((phase) => (
        <div key={phase} className="stack-row" data-chosen={phase === band?.phase}>
          <span className="stack-name">{capitalize(phase)}</span>
          <div className="stack-bars">
            {sides.map(({ letter, phases, memoryBytes }) => (
              <StackBar
                key={letter}
                letter={letter}
                row={phases.find((each) => each.phase === phase)}
                limit={memoryBytes}
                top={top}
                band={band}
                onBand={onBand}
              />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

const highest = (phases: readonly PhaseBudget[]): number =>
  Math.max(...phases.map(({ total }) => total));

const describe = (sides: readonly StackSide[]): string =>
  sides
    .map(
      ({ letter, phases }) =>
        `${letter ? `${letter}: ` : ''}${phases.map(({ phase, total }) => `${phase} ${formatBytes(total)}`).join(', ')}`,
    )
    .join('; ');

function StackBar({
  letter,
  row,
  limit,
  top,
  band,
  onBand,
}: {
  letter: string | null;
  row: PhaseBudget | undefined;
  limit: number | null;
  top: number;
  band: Band | null;
  onBand: ((band: Band) => void) | undefined;
}) {
  return (
    <div className="stack-line">
      {letter && <b className="side-letter small">{letter}</b>}
      <div className="stack-bar">
        {row &&
          STACK_ORDER.map((component) => {
            const bytes = row.components[component] ?? 0;
            if (bytes === 0) return null;
            const isChosen = component === band?.component && row.phase === band?.phase;
            return (
              // biome-ignore lint/a11y: the table's buttons do the same by keyboard; this is a picture
              <i
                key={component}
                className="stack-band"
                data-chosen={isChosen}
                title={`${componentLabel(component)}: ${formatBytes(bytes)}`}
                style={{
                  width: `${(100 * bytes) / top}%`,
                  background: COMPONENT_COLOR[component],
                }}
                onClick={() => onBand?.({ component, phase: row.phase })}
              />
            );
          })}
        {limit !== null && limit <= top && (
          <i
            className="stack-limit"
            title={`The card: ${formatBytes(limit)}`}
            style={{ left: `${(100 * limit) / top}%` }}
          />
        )}
      </div>
      <span
        className="stack-total num"
        data-over={row && limit !== null ? row.total > limit : false}
      >
        {row ? formatBytes(row.total) : ''}
      </span>
    </div>
  );
}
