/**
 * A recording as it was asked for, with everything resolved that can be before anything starts: what runs where, with
 * which environment, under which name, and what is declared of it. Names and commands are without the secrets in them.
 */
import { Failure } from '../../shared/base/failure';
import { withoutSecrets } from '../../shared/base/secret-text';
import type { Millis } from '../../shared/base/units';
import type { PrometheusTarget, RecordRequest } from '../../shared/contract/api';
import type { LibrarySettings } from '../../shared/library/settings';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import type { RecordingTerms, WorkloadInfo } from '../../shared/session/types';
import { appRoot, workloadEntry, workloadNode } from '../install/paths';
import { PrometheusServer } from '../prometheus/server';
import { prepareSaving } from '../workloads/checkpoint';
import { environmentFor, Redactor, withoutValues } from '../workloads/environment';
import { helperEnvironment, instrumentedEnvironment, isLeftAlone } from '../workloads/instrument';
import { checkRoom } from './bundled-room';

const MAX_NAME_LENGTH = 60;

export interface RecordingPlan extends Target {
  /** The session's name. */
  readonly name: string;
  readonly intervalMs: Millis;
  readonly model: ModelSpec | null;
  readonly run: RunSpec | null;
  /** Checkpoint that the bundled workload starts from. */
  readonly weights: string | null;
  /** What the workload leaves behind goes on running. */
  readonly leaveRunning: boolean;
  /** Nothing is declared of the command, so what it announces takes the place of a declaration. */
  readonly takesAnnouncements: boolean;
  /** Knows the secrets of the workload's environment: nothing it says is stored without having passed here. */
  readonly redactor: Redactor;
}

/** What runs, or ran already. */
interface Target {
  /** Empty where a process is watched that runs already. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** A process that runs already. */
  readonly pid: number | null;
  /** Readings of a workload that runs elsewhere. */
  readonly prometheus: PrometheusTarget | null;
  readonly name: string;
  readonly workload: WorkloadInfo;
}

/** Throws `bad_input` for a request that cannot be carried out, and `unavailable` or `unwritable` where this machine cannot. */
export function planRecording(request: RecordRequest, settings: LibrarySettings): RecordingPlan {
  const target = resolveTarget(request);
  const { workload } = target;
  const redactor = new Redactor({ ...process.env, ...target.env }, target.command);
  const terms = keepTerms({ ...request, ...leftAlone(target, request) }, redactor);
  return {
    ...target,
    name: redactor.text(request.name ?? target.name),
    workload: {
      ...workload,
      title: redactor.text(workload.title),
      command: redactor.command(workload.command),
      ...(request.experiment && { experiment: request.experiment }),
      ...(request.plan && { plan: request.plan }),
      ...(Object.keys(terms).length > 0 && { terms }),
    },
    intervalMs: request.intervalMs ?? settings.interval,
    model: request.model ?? null,
    run: request.run ?? null,
    weights: request.weights ?? null,
    leaveRunning: request.leaveRunning === true,
    takesAnnouncements: workload.kind === 'command' && !request.model,
    redactor,
  };
}

/** Told by the environment, it is kept like what was told by an option: the session says so, and once more is the same. */
const leftAlone = (
  { workload, env }: Target,
  { instrument }: RecordRequest,
): Pick<RecordRequest, 'instrument'> =>
  workload.kind === 'command' && isLeftAlone(instrument, env) ? { instrument: 'none' } : {};

/** What a recording of the same thing must be asked for with. */
function keepTerms(
  { instrument, leaveRunning, environment, intervalMs }: RecordRequest,
  redactor: Redactor,
): RecordingTerms {
  return {
    ...(instrument !== undefined && { instrument }),
    ...(leaveRunning !== undefined && { leaveRunning }),
    ...(intervalMs !== undefined && { intervalMs }),
    ...(environment && {
      environment: withoutValues(environment, (value) => redactor.text(value) !== value),
    }),
  };
}

function resolveTarget(request: RecordRequest): Target {
  if (request.bundled) return bundledWorkload(request);
  if (request.prometheus) return cluster(request.prometheus);
  const cwd = request.cwd ?? process.cwd();
  return request.pid === undefined ? command(request, cwd) : runningProcess(request.pid, cwd);
}

function bundledWorkload({ model, run, weights, saveWeights, cwd }: RecordRequest): Target {
  if (!model || !run)
    throw new Failure(
      'bad_input',
      'The bundled workload needs a model and a run.',
      'Give --model and --mode.',
    );
  checkRoom(model, run);
  if (saveWeights !== undefined) prepareSaving(run, saveWeights);
  const task = {
    model,
    run,
    ...(weights !== undefined && { weights }),
    ...(saveWeights !== undefined && { saveWeights }),
  };
  const command = [workloadNode(), workloadEntry, JSON.stringify(task)];
  return {
    command,
    cwd: appRoot.endsWith('.asar') ? process.cwd() : appRoot,
    env: process.env,
    pid: null,
    prometheus: null,
    name: `${model.name} ${run.mode}`,
    workload: {
      kind: 'bundled',
      title: `bundled ${model.name}`,
      command,
      cwd: cwd ?? process.cwd(),
      pid: null,
    },
  };
}

function runningProcess(pid: number, cwd: string): Target {
  return {
    command: [],
    cwd,
    env: process.env,
    pid,
    prometheus: null,
    name: `pid ${pid}`,
    workload: { kind: 'pid', title: `process ${pid}`, command: [], cwd: null, pid },
  };
}

function cluster(prometheus: PrometheusTarget): Target {
  const { address, host } = new PrometheusServer(prometheus.url);
  const title = [`GPUs that ${address} scrapes`, prometheus.query ?? []].flat().join(': ');
  return {
    command: [],
    cwd: process.cwd(),
    env: process.env,
    pid: null,
    prometheus,
    name: `cluster by ${host}`,
    workload: { kind: 'cluster', title, command: [], cwd: null, pid: null },
  };
}

function command({ command = [], environment, instrument }: RecordRequest, cwd: string): Target {
  if (command.length === 0)
    throw new Failure(
      'bad_input',
      'There is nothing to record.',
      'Give --bundled gpt2, --pid PID, or a command after --.',
    );
  const chosen = helperEnvironment(environmentFor(environment, process.env));
  const shown = withoutSecrets(command);
  return {
    command,
    cwd,
    env: instrumentedEnvironment(instrument, chosen),
    pid: null,
    prometheus: null,
    name: cut(shown.map(shortWord).join(' ')),
    workload: { kind: 'command', title: shown.join(' '), command: shown, cwd, pid: null },
  };
}

/** A path by its last part; anything else (an option with a value, an address, a script in quotes) on one line, as it is. */
function shortWord(word: string): string {
  const isPath = /^([A-Za-z]:)?(?!-)[^\s=;:'"]*[\\/][^\s=;:'"\\/]+$/.test(word);
  return isPath ? (word.split(/[\\/]/).at(-1) ?? word) : word.replace(/\s+/g, ' ').trim();
}

const cut = (name: string): string =>
  name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH - 1)}…` : name;
