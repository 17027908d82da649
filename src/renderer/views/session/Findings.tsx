/** Where measured and predicted part, and why; a click shows where. */

import { formatExactBytes, formatSignedBytes } from '../../../shared/base/format';
import { noFindings } from '../../../shared/present/no-findings';
import type { SessionDocument } from '../../../shared/session/session-document';

export function Findings({
  session,
  onZoom,
}: {
  session: SessionDocument;
  onZoom(span: readonly [number, number]): void;
}) {
  const { findings } = session;
  return (
    <section className="card findings" aria-labelledby="findings-title">
      <h2 id="findings-title">Findings</h2>
      {findings.length === 0 && <p className="muted">{noFindings(session)}</p>}
      <ul>
        {findings.map((finding) => (
          <li key={`${finding.kind} ${finding.title} ${finding.span[0]}`}>
            <button
              type="button"
              className="finding"
              data-kind={finding.kind}
              onClick={() => onZoom(finding.span)}
              title="Show where"
            >
              <span className="finding-head">
                <strong>{finding.title}</strong>
                {finding.bytes !== null && (
                  <span className="num" title={formatExactBytes(finding.bytes)}>
                    {formatSignedBytes(finding.bytes)}
                  </span>
                )}
              </span>
              <span className="finding-meta">
                {finding.phase && <span>{finding.phase}</span>}
                <span className="confidence" data-level={finding.confidence}>
                  <i />
                  <i />
                  <i />
                  {finding.confidence} confidence
                </span>
              </span>
              {finding.evidence.length > 0 && (
                <ul className="evidence">
                  {finding.evidence.map((text) => (
                    <li key={text}>{text}</li>
                  ))}
                </ul>
              )}
              {finding.remedy && <span className="finding-remedy">{finding.remedy}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
