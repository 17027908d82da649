/** The GPU at a glance: mean busy, energy, highest temperature, how long its clocks were held back. */
import { formatDuration, formatEnergy } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import { isThrottled } from '../../../shared/hardware/throttle-reasons';
import type { SessionDocument } from '../../../shared/session/session-document';
import type { SeriesStatistics } from '../../../shared/session/statistics';
import type { Envelope } from '../../../shared/trace/envelope';
import { deviceIn, deviceSeries, deviceUtilization } from '../../../shared/trace/series-ids';
import { formatReading } from '../../../shared/trace/series-names';
import { useQuery } from '../../state/engine';

/** Best first: of some of these a driver tells only one. */
const POWER = ['power.samples', 'power.instant', 'power', 'power.average', 'power.mean'];

export function Glance({ session }: { session: SessionDocument }) {
  const device = deviceIn(session.overlay.series ?? '') ?? firstDevice(session);
  const has = (id: string) => session.series.some((each) => each.id === id && each.count > 0);
  const named = (metric: string) => deviceSeries(device ?? '', metric);
  const power = POWER.map(named).find(has);
  const wanted = [
    deviceUtilization(device ?? ''),
    ...(power === undefined ? [] : [power]),
    named('temperature'),
  ].filter(has);
  const throttledUs = useThrottled(session, has(named('throttle')) ? named('throttle') : null);
  const { data } = useQuery(
    `glance ${session.id} ${session.durationUs} ${wanted.join()}`,
    (engine) =>
      wanted.length === 0
        ? Promise.resolve([])
        : engine.statistics({
            id: session.id,
            series: wanted,
            t0: 0,
            t1: session.durationUs,
            above: 0,
          }),
  );
  if (device === null || wanted.length === 0) return null;
  const find = (id: string | undefined) => data?.find(({ info }) => info.id === id) ?? null;
  return (
    <dl className="glance" aria-label="GPU at a glance">
      <Item name="Busy" value={mean(find(deviceUtilization(device)))} />
      <Item name="Energy" value={energy(find(power))} />
      <Item name="Hottest" value={highest(find(named('temperature')))} />
      <Item name="Clocks held back" value={throttledUs === null ? null : heldWords(throttledUs)} />
    </dl>
  );
}

function Item({ name, value }: { name: string; value: string | null }) {
  if (value === null) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
    </div>
  );
}

const firstDevice = ({ series }: Pick<SessionDocument, 'series'>): string | null =>
  series.map(({ id }) => deviceIn(id)).find((device) => device !== undefined) ?? null;

const mean = (of: SeriesStatistics | null): string | null =>
  of && `${formatReading(of.mean, of.info.unit)} in the mean`;
const highest = (of: SeriesStatistics | null): string | null =>
  of && formatReading(of.max?.value, of.info.unit);
const heldWords = (us: Micros): string =>
  us === 0 ? 'never' : `about ${formatDuration(Math.round(us))}`;

/** A reading of the reasons stands until the next; null where none is recorded. */
function useThrottled({ id, durationUs }: SessionDocument, series: string | null): Micros | null {
  const { data } = useQuery(`throttle ${id} ${series} ${durationUs}`, async (engine) =>
    series === null || durationUs === 0
      ? []
      : engine.trace({ id, series: [series], t0: 0, t1: durationUs, columns: 2000 }),
  );
  const envelope = data?.[0]?.envelope;
  return envelope === undefined ? null : throttledTime(envelope, durationUs);
}

function throttledTime({ times, values }: Envelope, end: Micros): Micros {
  let held = 0;
  for (let i = 0; i < times.length; i++)
    if (isThrottled(values[i]!)) held += Math.min(end, times[i + 1] ?? end) - times[i]!;
  return held;
}

const energy = (of: SeriesStatistics | null): string | null =>
  of?.integral?.unit === 'joules' ? formatEnergy(of.integral.value) : null;
