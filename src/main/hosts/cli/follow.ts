/**
 * Follows one recording on the terminal: echoes the workload's output, shows progress, and stops it properly on
 * Ctrl-C, SIGTERM and a closed terminal. A second Ctrl-C within the stop leaves at once; the supervisor still ends the
 * workload and the session opens as recovered.
 */

import type { Millis } from '../../../shared/base/units';
import type { RecordRequest } from '../../../shared/contract/api';
import type { Engine } from '../../engine/engine';
import type { EndedSession, Recording } from '../../engine/recording';
import type { Output } from './output';
import { RunProgress } from './run-progress';

/** A terminal and the launcher may both deliver one Ctrl-C. */
const SAME_KEYSTROKE_MS = 500;

/** How often it is looked whether memory will run out. */
const FORECAST_MS = 2000;

/** Says once that memory will run out, and why, while something can still be done about it. */
async function warnOfMemory(
  engine: Engine,
  id: string,
  output: Output,
  warned: Set<string>,
): Promise<void> {
  const doc = await engine.brief({ id }).catch(() => null);
  if (doc?.status !== 'recording') return;
  for (const { kind, title, evidence } of doc.findings) {
    if (kind !== 'out_of_memory' || warned.has(kind)) continue;
    warned.add(kind);
    output.tell(`${title}. ${evidence[0]}`);
  }
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal asks for an end; a later one of its own, not of the same keystroke, ends this process. */
class StopSignals {
  #askedAt: Millis | null = null;
  readonly #onSignal: () => void;

  constructor(onFirst: () => void) {
    this.#onSignal = () => {
      if (this.#askedAt !== null) {
        if (performance.now() - this.#askedAt > SAME_KEYSTROKE_MS) process.exit(130);
        return;
      }
      this.#askedAt = performance.now();
      onFirst();
    };
    for (const signal of STOP_SIGNALS) process.on(signal, this.#onSignal);
  }

  get wasAsked(): boolean {
    return this.#askedAt !== null;
  }

  [Symbol.dispose](): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.#onSignal);
  }
}

export async function follow(
  engine: Engine,
  request: RecordRequest,
  output: Output,
  options: { echo: boolean; label?: string },
): Promise<{ data: EndedSession; interrupted: boolean }> {
  const progress = new RunProgress(request.bundled === undefined ? undefined : request.run);
  const warned = new Set<string>();
  let recording: Recording | null = null;
  let watch: NodeJS.Timeout | undefined;
  using stop = new StopSignals(() => {
    output.tell('stopping the recording');
    recording?.stop().catch(() => {});
  });
  try {
    recording = await engine.startRecording(request, {
      log(line) {
        if (options.echo && line.stream !== 'plumbline') output.echo(line.text);
        else if (line.stream === 'plumbline') output.tell(line.text);
      },
      marker: (marker) => progress.tell(marker),
      trouble(failure) {
        if (failure === null) output.tell('the session file can be written again');
        else output.tell(failure.message, failure.remedy);
      },
      changed() {
        if (!recording) return;
        output.progress(
          progress.line(options.label ?? 'recording', recording.progress().durationUs),
        );
      },
    });
    if (stop.wasAsked) recording.stop().catch(() => {});
    const { id } = recording;
    const onDevice = recording
      .progress()
      .environment.gpus.some(({ memoryBytes }) => memoryBytes !== null);
    if (onDevice) watch = setInterval(() => warnOfMemory(engine, id, output, warned), FORECAST_MS);
    const data = await recording.done;
    output.endProgress();
    return { data, interrupted: stop.wasAsked };
  } finally {
    clearInterval(watch);
  }
}
