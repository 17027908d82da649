/**
 * A log that was read becomes the data of a session: complete, of the workload kind `import`, with what is known of
 * its devices and what was odd about the file. Nothing is written here; whoever keeps sessions stores it.
 */
import { Failure } from '../../shared/base/failure';
import type { Bytes } from '../../shared/base/units';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import type { SessionData } from '../../shared/session/types';
import { deviceMetricIn } from '../../shared/trace/series-ids';
import { version } from '../install/paths';
import { type ImportedTrace, NO_READING, nameSource } from './imported-trace';
import { IDLE_DRIVER } from './process-sum';
import type { ReadOptions } from './protocol';

export interface ImportOptions extends ReadOptions {
  readonly name?: string;
  readonly model?: ModelSpec;
  readonly run?: RunSpec;
  /** Device memory in use before the run; taken from the first samples where they show it, unless given. */
  readonly baselineBytes?: Bytes;
  /** Files of the same run, whose lines and moments are laid beside those of the file. */
  readonly beside?: readonly string[];
  /** Keeps the file as it came in the session. */
  readonly keepRaw?: boolean;
}

/** What is known of the file besides its text. */
export interface ImportedFile {
  readonly fileName: string;
  /** What was odd about keeping the file, for a person to know. */
  readonly warnings: readonly string[];
}

/** Why no session can be made of a trace; null where one can. */
export function findRefusal(trace: ImportedTrace, fileName: string): Failure | null {
  if (trace.samples === 0) {
    const answer = trace.error ? `: nvidia-smi printed "${trace.error}"` : '';
    return new Failure('bad_input', `${fileName} holds no reading${answer}.`, tellWhyEmpty(trace));
  }
  if (trace.series.length > 0) return null;
  return new Failure(
    'bad_input',
    `None of the columns of ${fileName} could be named.`,
    'Name them with --columns, for example --columns timestamp,memory.used,utilization.gpu.',
  );
}

/** What the reader of the file's format says is missing, where it says so. */
function tellWhyEmpty({ kind, warnings }: ImportedTrace): string {
  const dryRun = '"plumbline import FILE --dry-run" tells what the file holds.';
  if (nameSource(kind) === 'nvidia-smi') return `Record again once nvidia-smi answers; ${dryRun}`;
  const told = warnings.filter((one) => one !== NO_READING);
  return told.length === 0 ? dryRun : told.join(' ');
}

export function buildImportedSession(
  id: string,
  trace: ImportedTrace,
  file: ImportedFile,
  options: ImportOptions,
): Omit<SessionData, 'series'> {
  const { gpus, kind, samples, durationUs } = trace;
  const baselines = chooseBaselines(trace, options.baselineBytes);
  return {
    id,
    name: options.name ?? file.fileName,
    startedAt: trace.startedAt,
    workload: {
      kind: 'import',
      title: `imported from ${file.fileName}`,
      command: [],
      cwd: null,
      pid: null,
    },
    environment: {
      plumbline: version,
      node: process.version,
      os: 'unknown',
      cpu: 'unknown',
      cores: 0,
      memoryBytes: 0,
      gpus,
      sources: [{ id: nameSource(kind), ok: true, detail: `${kind}, ${samples} rows` }],
      workload: {},
    },
    model: options.model ?? null,
    run: options.run ?? null,
    simulated: gpus.some(({ name }) => /^simulated/i.test(name)),
    status: 'complete',
    exitCode: null,
    signal: null,
    durationUs,
    baselines,
    markers: trace.markers,
    ...(trace.allocations && { allocations: trace.allocations }),
    logs: [],
    warnings: [
      ...trace.warnings,
      ...(trace.startedAt === null ? [NO_START] : []),
      ...file.warnings,
      ...(options.baselineBytes === undefined ? baselineWarnings(trace, baselines) : []),
    ],
  };
}

const NO_START = 'The file does not say when it was recorded, so its start is not known.';
const FIRST_SAMPLE =
  'The baseline is the first sample of each GPU: what the device held then counts as there before the run. Say better with --baseline.';
const LATE_START =
  'The recording begins with the memory in use already, so nothing is taken off as there before the run. Say what was with --baseline.';

/**
 * What the devices held before the run: what was given, else their first sample where it is less than half of what the
 * memory then rises to. A recording that begins later than its run shows no baseline.
 */
function chooseBaselines(trace: ImportedTrace, given: Bytes | undefined): Record<string, Bytes> {
  const lines = deviceLines(trace).filter(
    ({ first, figures }) => given !== undefined || first * 2 < (figures.max ?? 0),
  );
  return Object.fromEntries(lines.map(({ info, first }) => [info.id, given ?? first]));
}

function baselineWarnings(
  trace: ImportedTrace,
  baselines: Readonly<Record<string, Bytes>>,
): string[] {
  const late = deviceLines(trace).some(
    ({ info, first }) => baselines[info.id] === undefined && first >= IDLE_DRIVER,
  );
  return [
    ...(Object.keys(baselines).length > 0 ? [FIRST_SAMPLE] : []),
    ...(late ? [LATE_START] : []),
  ];
}

const deviceLines = ({ series }: ImportedTrace) =>
  series.flatMap(({ info, first, figures }) =>
    deviceMetricIn(info.id) === 'memory.used' && first !== null ? [{ info, first, figures }] : [],
  );
