/** Where measured and predicted part, and why; a click shows where. */
import type { SessionDocument } from '../../../shared/contract/session';
import { formatExactBytes, formatSignedBytes } from '../../../shared/format';

export function Findings({ session, onZoom }: { session: SessionDocument; onZoom(span: readonly [number, number]): void }) {
  const { findings } = session;
  return (
    <section className="card findings" aria-labelledby="findings-title">
      <h2 id="findings-title">Findings</h2>
      {findings.length === 0 && <p className="muted">{emptyNote(session)}</p>}
      <ul>
        {findings.map((finding) => (
          <li key={`${finding.kind} ${finding.title} ${finding.span[0]}`}>
            <button type="button" className="finding" data-kind={finding.kind} onClick={() => onZoom(finding.span)} title="Show where">
              <span className="finding-head"><strong>{finding.title}</strong>{finding.bytes !== null && <span className="num" title={formatExactBytes(finding.bytes)}>{formatSignedBytes(finding.bytes)}</span>}</span>
              <span className="finding-meta">
                {finding.phase && <span>{finding.phase}</span>}
                <span className="confidence" data-level={finding.confidence}><i /><i /><i />{finding.confidence} confidence</span>
              </span>
              {finding.evidence.length > 0 && <ul className="evidence">{finding.evidence.map((text) => <li key={text}>{text}</li>)}</ul>}
              {finding.remedy && <span className="finding-remedy">{finding.remedy}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function emptyNote(session: SessionDocument): string {
  if (session.overlay.predictedPeak.refined === null) return 'Nothing to compare with: this session declares no model and run.';
  const flagged = session.overlay.phases.filter((phase) => phase.flagged).length;
  if (session.status === 'recording') return 'No divergence so far; phases that are over are looked at as they end.';
  return flagged === 0 ? 'Measured and predicted agree throughout.' : `${flagged === 1 ? 'One phase is' : `${flagged} phases are`} out of bounds, and no cause has been found.`;
}
