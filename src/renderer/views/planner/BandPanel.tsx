/** What the chosen band is made of: each part's formula, the same with the numbers put in, the symbols, and where it is from. */
import { formatBytes, formatExactBytes, formatInteger } from '../../../shared/base/format';
import type { Tier } from '../../../shared/base/vocabulary';
import { explainBand } from '../../../shared/formulas/explain';
import type { Explanation, Part } from '../../../shared/formulas/explanation';
import { symbolsIn } from '../../../shared/formulas/formula';
import { meaning } from '../../../shared/formulas/symbols';
import { componentLabel } from '../../../shared/present/names';
import { Bytes } from '../../components/Bytes';
import { MathFormula, MathSymbol } from '../../components/MathFormula';
import type { Band } from '../../plans/PhaseStacks';
import type { Planned } from './planned';

export function BandPanel({
  sides,
  tier,
  band,
}: {
  sides: readonly Planned[];
  tier: Tier;
  band: Band;
}) {
  return (
    <section className="band-panel" aria-label="Formula">
      {explainSides(sides, tier, band).map(({ letters, told }) => (
        <div key={letters.join()}>
          <h2>
            {letters.map((letter) => (
              <b key={letter} className="side-letter">
                {letter}
              </b>
            ))}
            {componentLabel(band.component)} in {band.phase}, {tier}
          </h2>
          {told ? <Explained told={told} /> : <p className="muted">Nothing in this phase.</p>}
        </div>
      ))}
    </section>
  );
}

interface SideExplanation {
  /** Of the sides that it holds for; none where there is one side. */
  readonly letters: readonly string[];
  readonly told: Explanation | null;
}

/** What holds for several sides alike is told once. */
function explainSides(
  sides: readonly Planned[],
  tier: Tier,
  band: Band,
): readonly SideExplanation[] {
  const all = sides.map(({ letter, budget }) => ({
    letter,
    told: budget && explainBand(budget, tier, band.component, band.phase),
  }));
  const groups = Map.groupBy(all, ({ told }) => JSON.stringify(told));
  return [...groups.values()].map((group) => ({
    letters: group.flatMap(({ letter }) => letter ?? []),
    told: group[0]?.told ?? null,
  }));
}

function Explained({ told }: { told: Explanation }) {
  return (
    <>
      {told.parts.map((part) => (
        <PartLine key={part.name} part={part} />
      ))}
      {told.parts.length > 1 && (
        <p className="band-part sum">
          <span>In all</span>
          <span className="num">{formatExactBytes(told.bytes)}</span>
          <b className="num">{formatBytes(told.bytes)}</b>
        </p>
      )}
      <SymbolList told={told} />
      {told.tensors && told.tensors.length > 0 && <TensorTable told={told} />}
      <p className="band-source">{told.source}.</p>
    </>
  );
}

function PartLine({ part: { name, formula, bytes } }: { part: Part }) {
  return (
    <div className="band-part">
      <span>{name}</span>
      <span className="band-math">
        {formula === null ? (
          <span className="num">{formatExactBytes(bytes)}</span>
        ) : (
          <>
            {symbolsIn(formula).length > 0 && (
              <>
                <MathFormula formula={formula} isFilled={false} />
                <span>=</span>
              </>
            )}
            <MathFormula formula={formula} isFilled />
          </>
        )}
      </span>
      <b className="num" title={formatExactBytes(bytes)}>
        {formatBytes(bytes)}
      </b>
    </div>
  );
}

function SymbolList({ told: { parts } }: { told: Explanation }) {
  const found = new Map(
    parts.flatMap(({ formula }) =>
      formula === null
        ? []
        : symbolsIn(formula).map(
            (symbol) => [`${symbol.name} ${symbol.of ?? ''}`, symbol] as const,
          ),
    ),
  );
  if (found.size === 0) return null;
  return (
    <ul className="band-symbols">
      {[...found].map(([key, { name, of }]) => (
        <li key={key}>
          <math>
            <MathSymbol name={name} of={of} />
          </math>{' '}
          {meaning(name, of)}
        </li>
      ))}
    </ul>
  );
}

function TensorTable({ told: { tensors = [] } }: { told: Explanation }) {
  return (
    <details className="plan-group">
      <summary>What one layer saves</summary>
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              <th>Tensor</th>
              <th>Shape</th>
              <th className="right">Bytes each</th>
              <th className="right">Times</th>
              <th className="right">In all</th>
            </tr>
          </thead>
          <tbody>
            {tensors.map(({ name, shape, element, count, bytes }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a layer may save two tensors of one name and shape
              <tr key={i}>
                <td>{name}</td>
                <td className="num">{shape.map(formatInteger).join(' × ')}</td>
                <td className="right num">{element}</td>
                <td className="right num">{count}</td>
                <td className="right">
                  <Bytes value={bytes} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
