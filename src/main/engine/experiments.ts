/** The experiments of the chapter that the library holds recordings of. */
import {
  describeOutcome,
  MEASUREMENTS,
  type Measurement,
  type Outcome,
  recordedExperiment,
} from '../../shared/chapter/experiments/measured';
import type { EngineApi } from '../../shared/contract/api';
import type { SessionSummary } from '../../shared/session/types';

/** What the newest recordings of each experiment say; those of full size come first, incomplete sets not at all. */
export async function recordedOutcomes(
  engine: Pick<EngineApi, 'list' | 'show'>,
  measurements: readonly Measurement[] = MEASUREMENTS,
): Promise<Outcome[]> {
  const sessions = await engine.list();
  const outcomes: Outcome[] = [];
  for (const measurement of measurements) {
    for (const full of [true, false]) {
      const ids = newestOfEach(measurement, full, sessions);
      if (ids === null) continue;
      const outcome = describeOutcome(
        measurement,
        full,
        await Promise.all(ids.map((id) => engine.show({ id }))),
      );
      if (outcome !== null) outcomes.push(outcome);
    }
  }
  return outcomes;
}

/** The newest complete session of every recording, in their order; null where one is missing. `sessions` are newest first. */
function newestOfEach(
  { experiment, recordings }: Measurement,
  full: boolean,
  sessions: readonly SessionSummary[],
): string[] | null {
  const ids = recordings(full).map(
    ({ role }) =>
      sessions.find((session) => {
        const part = session.status === 'complete' ? recordedExperiment(session) : null;
        return part?.id === experiment && part.full === full && part.role === role;
      })?.id,
  );
  return ids.every((id) => id !== undefined) ? ids : null;
}
