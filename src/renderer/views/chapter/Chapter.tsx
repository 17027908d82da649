/** Every figure that the chapter prints: what theory gives for it, whether it is right, and where it was, what was measured. */
import { CircleCheck, CircleX, Equal, type LucideIcon, Minus } from 'lucide-react';
import { type Claim, type ClaimVerdict, VERDICTS } from '../../../shared/chapter/claims/claim';
import { printedFigure, theoryFigure } from '../../../shared/present/claim-figures';
import { figure } from '../../../shared/present/numbers';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useQuery } from '../../state/engine';
import { sessionHref, useParameter } from '../../state/router';
import { readQuote } from './read-quote';

/** A sign for each verdict, so that colour is never all that tells them apart. */
const SIGNS: Readonly<Record<ClaimVerdict, readonly [icon: LucideIcon, label: string]>> = {
  right: [CircleCheck, 'right'],
  rounded: [Equal, 'right as rounded'],
  wrong: [CircleX, 'wrong'],
  'not-computable': [Minus, 'no theory'],
};

export function Chapter() {
  const claims = useQuery('chapter', (engine) => engine.chapter());
  const [verdict, setVerdict] = useParameter('verdict', 'verdict');
  const all = claims.data ?? [];
  const shown = all.filter(
    (claim) =>
      verdict === null ||
      claim.verdict === verdict ||
      (verdict === 'measured' && claim.measured !== null),
  );
  const measured = all.filter((claim) => claim.measured !== null).length;
  const filter = (key: string, label: string, count: number) => (
    <button
      key={key}
      type="button"
      className="chip"
      aria-pressed={verdict === key}
      onClick={() => setVerdict(verdict === key ? null : key)}
    >
      {label} <span className="num">{count}</span>
    </button>
  );
  return (
    <main className="page">
      <div className="page-head">
        <h1>Chapter</h1>
        {all.length > 0 && <span className="muted num">{all.length} figures</span>}
      </div>
      <p className="muted">
        Every figure that the chapter prints, computed afresh. “plumbline experiment” measures those
        that this machine can run.
      </p>
      {claims.error !== null && <FailureNote error={claims.error} onRetry={claims.refresh} />}
      {claims.data === null && claims.error === null && <Skeleton rows={10} />}
      {all.length > 0 && (
        <fieldset className="filters" aria-label="Filter by verdict">
          {VERDICTS.map((each) =>
            filter(each, SIGNS[each][1], all.filter((claim) => claim.verdict === each).length),
          )}
          {measured > 0 && filter('measured', 'measured here', measured)}
        </fieldset>
      )}
      {[...Map.groupBy(shown, ({ section }) => section)].map(([section, rows]) => (
        <Section key={section} title={section} claims={rows} />
      ))}
      {all.length > 0 && shown.length === 0 && <p className="empty-line">No figure is so.</p>}
    </main>
  );
}

function Section({ title, claims }: { title: string; claims: readonly Claim[] }) {
  return (
    <section>
      <h2 className="claims-head">{title}</h2>
      <div className="table-frame">
        <table className="table claims">
          <thead>
            <tr>
              <th>The chapter says</th>
              <th className="right">Printed</th>
              <th className="right">Computed</th>
              <th>Unit</th>
              <th>Verdict</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {claims.map((claim) => (
              <ClaimRow key={claim.id} claim={claim} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Quote({ quote }: { quote: string }) {
  return readQuote(quote).map(({ text, shift: Shift }, i) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a quote stay as they are
    Shift === null ? text : <Shift key={i}>{text}</Shift>,
  );
}

function ClaimRow({ claim }: { claim: Claim }) {
  const [Icon, label] = SIGNS[claim.verdict];
  return (
    <tr id={claim.id}>
      <td title={claim.id}>
        “<Quote quote={claim.quote} />”
      </td>
      <td className="right num nowrap">{printedFigure(claim)}</td>
      <td className="right num nowrap">{theoryFigure(claim)}</td>
      <td>{claim.unit}</td>
      <td className="nowrap">
        <span className="verdict-sign" data-verdict={claim.verdict}>
          <Icon size={14} aria-hidden="true" />
          {label}
        </span>
      </td>
      <td>
        {claim.why}
        {claim.measured !== null && <MeasuredHere measured={claim.measured} />}
      </td>
    </tr>
  );
}

const MeasuredHere = ({ measured }: { measured: NonNullable<Claim['measured']> }) => (
  <p className="measured-here">
    Measured: <strong className="num">{figure(measured.value)}</strong> {measured.unit}{' '}
    <span className="muted">({measured.conditions})</span>{' '}
    {measured.sessions.map((id) => (
      <a key={id} href={sessionHref(id)}>
        {id.slice(-4)}
      </a>
    ))}
  </p>
);
