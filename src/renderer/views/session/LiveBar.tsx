/** What a session is doing now, while it is recorded and while it is replayed: calm, one line, the same places always. */
import { TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import { formatBytes, formatDuration, formatSi } from '../../../shared/base/format';
import { formatReason } from '../../../shared/present/gap-reasons';
import { capitalize } from '../../../shared/present/names';
import type { SessionDocument } from '../../../shared/session/session-document';
import { seriesName } from '../../../shared/trace/series-names';
import { useQuery } from '../../state/engine';
import { describeLive, openGap } from './live-figures';

export function LiveBar({ session }: { session: SessionDocument }) {
  const { id, durationUs, overlay } = session;
  const series = overlay.series;
  const { data: moment, refresh } = useQuery(`now ${id} ${series}`, (engine) =>
    engine.moment({ id, at: durationUs, ...(series && { series }) }),
  );
  // The figures of the moment before stand until those of the new one are here.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer moment is the reason to ask again
  useEffect(refresh, [refresh, durationUs]);
  const live = describeLive(session, moment);
  const gap = openGap(session);
  return (
    <section className="live-bar" aria-label="Now">
      <Figure name="Now" value={live.doing} wide />
      <Figure
        name="Tokens/s"
        value={live.tokensPerSecond === null ? '—' : formatSi(live.tokensPerSecond)}
      />
      <Figure
        name="Memory"
        value={formatBytes(live.measured)}
        note={live.predicted === null ? '' : `of ${formatBytes(live.predicted)} predicted here`}
      />
      <Figure
        name="Out of memory"
        value={live.outOfMemory === null ? 'not in sight' : live.outOfMemory}
        tone={live.outOfMemory === null ? undefined : 'far'}
      />
      {gap && (
        <p className="live-gap" role="status">
          <TriangleAlert size={14} aria-hidden="true" />
          {seriesName(gap.series)} stopped at {formatDuration(gap.t0)}: {formatReason(gap.reason)}
        </p>
      )}
      {live.divergence && (
        <p className="live-divergence" role="status">
          {capitalize(live.divergence)}
        </p>
      )}
    </section>
  );
}

function Figure({
  name,
  value,
  note = '',
  tone,
  wide = false,
}: {
  name: string;
  value: string;
  note?: string;
  tone?: string | undefined;
  wide?: boolean;
}) {
  return (
    <div data-wide={wide}>
      <span>{name}</span>
      <strong className={tone === undefined ? 'num' : 'num tone'} data-tone={tone}>
        {value}
      </strong>
      {note && <small className="num">{note}</small>}
    </div>
  );
}
