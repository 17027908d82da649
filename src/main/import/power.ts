/**
 * Since driver 530 a device tells its power as an average over about a second and as an instant. `--query-gpu` prints
 * as power.draw the average where the device keeps one and the instant where it does not; -q and XML leave that choice
 * to the reader.
 */
import type { FieldReadings } from './imported-trace';

export function withPowerDraw(readings: FieldReadings): FieldReadings {
  const draw = readings.find(([field]) => field === 'power.draw')?.[1];
  const instant = readings.find(([field]) => field === 'power.draw.instant')?.[1];
  if (draw?.kind !== 'absent' || draw.reason !== 'not_supported' || instant?.kind !== 'ok')
    return readings;
  return readings.map(
    ([field, reading]) => [field, field === 'power.draw' ? instant : reading] as const,
  );
}
