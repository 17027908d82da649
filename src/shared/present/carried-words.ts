/** What a plan carries along of the session it begins with: the sentences of terminal and window. */
import { formatBytes, formatSignedBytes } from '../base/format';
import { quoteSeries } from '../trace/series-names';
import { LEDGER_NAMES } from './names';
import type { CarriedPlan } from './spec-documents';

/** What the session was seen to add, part by part, and the answer with that; then what was of that recording alone. */
export function carriedSentences(plan: CarriedPlan): readonly string[] {
  const { session, series, bytes, parts, expectedBytes, gpu } = plan;
  const list = (isCarried: boolean) =>
    parts
      .filter((part) => part.isCarried === isCarried)
      .map((part) => `${LEDGER_NAMES[part.kind]} ${formatSignedBytes(part.bytes)}`)
      .join(', ');
  const [carried, left] = [list(true), list(false)];
  const answer = gpu === null ? '' : ` and ${gpu.fits ? 'fits' : 'does not fit'}`;
  const spare =
    gpu === null
      ? ''
      : `, ${formatBytes(Math.abs(gpu.headroomBytes))} ${gpu.fits ? 'to spare' : 'short'}`;
  const beside = `${formatBytes(Math.abs(bytes))} ${bytes < 0 ? 'less' : 'more'} than theory`;
  return [
    carried === ''
      ? `${session.name} (${session.id}) measured what theory predicts on ${quoteSeries(series)}: nothing is carried along.`
      : `${session.name} (${session.id}) measured ${beside} on ${quoteSeries(series)}, which is carried along: ${carried}. With that it needs ${formatBytes(expectedBytes)}${answer}${spare}.`,
    ...(left === '' ? [] : [`Of that recording alone, and not carried along: ${left}.`]),
  ];
}
