/** Findings as cards with room: what it is, how much, how sure, where it shows, why, and what to do. */
import { ArrowRight } from 'lucide-react';
import { formatExactBytes, formatSignedBytes } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import type { Finding } from '../../../shared/divergence/overlay/types';
import { noFindings } from '../../../shared/present/no-findings';
import { remedyOf } from '../../../shared/present/remedy';
import type { SessionDocument } from '../../../shared/session/session-document';
import { CopiedCommand } from './CopiedCommand';
import { EvidencePicture } from './EvidencePicture';

interface Shown {
  readonly session: SessionDocument;
  onShow(span: readonly [Micros, Micros]): void;
  /** Lights the span of what is pointed at; null when nothing is. */
  onLight(span: readonly [Micros, Micros] | null): void;
}

export function FindingsTab(props: Shown) {
  const { session } = props;
  if (session.findings.length === 0) return <p className="empty-line">{noFindings(session)}</p>;
  return (
    <ul className="finding-cards">
      {session.findings.map((finding) => (
        <li key={`${finding.kind} ${finding.phase} ${finding.span[0]}`}>
          <FindingCard {...props} finding={finding} />
        </li>
      ))}
    </ul>
  );
}

function FindingCard({ session, finding, onShow, onLight }: Shown & { readonly finding: Finding }) {
  const { title, bytes, kind, phase, span, confidence, evidence, formula, worked } = finding;
  const remedy = remedyOf(finding);
  return (
    <article
      className="card finding"
      data-kind={kind}
      onPointerEnter={() => onLight(span)}
      onPointerLeave={() => onLight(null)}
    >
      <header>
        <button
          type="button"
          className="finding-title"
          title="Show where"
          onClick={() => onShow(span)}
        >
          {title}
        </button>
        {bytes !== null && (
          <strong className="num" title={formatExactBytes(bytes)}>
            {formatSignedBytes(bytes)}
          </strong>
        )}
      </header>
      <p className="finding-meta">
        <span className="confidence" data-level={confidence}>
          <i />
          <i />
          <i />
          {confidence} confidence
        </span>
        {phase && <span>{phase}</span>}
      </p>
      <EvidencePicture session={session} finding={finding} />
      {evidence.length > 0 && (
        <ul className="evidence">
          {evidence.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {formula && (
        <p className="formula">
          <code>{formula}</code>
          {worked && <code className="num">{worked}</code>}
        </p>
      )}
      {remedy && (
        <p className="finding-remedy">
          <ArrowRight size={14} aria-hidden />
          <span>{remedy.words}</span>
        </p>
      )}
      {remedy?.command && <CopiedCommand command={remedy.command} />}
    </article>
  );
}
