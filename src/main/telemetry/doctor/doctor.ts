/**
 * What this machine can measure, as checks with a remedy each. Walks the registry of sources as a recording does: the
 * first that answers is described in full, those that do not are named after it, and the host comes last.
 */
import type { DoctorReport } from '../../../shared/contract/api';
import { chooseGpuSources } from '../gpu-choice';
import { GPU_SOURCES, HOST_SOURCE } from '../registry';
import type { GpuSource, HelperPaths } from '../source';
import { type Check, passed } from './checks';
import { type Surroundings, surroundings } from './host-environment';

export interface DoctorOptions extends HelperPaths {
  /** Found unless given. */
  readonly surroundings?: Surroundings;
}

export async function telemetryChecks(
  env: NodeJS.ProcessEnv,
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const examined = { ...options, env, surroundings: options.surroundings ?? surroundings() };
  const host = await HOST_SOURCE.examine();
  const { sources } = chooseGpuSources(env, GPU_SOURCES);
  const failures: Check[] = [];
  for (const [i, source] of sources.entries()) {
    const spares = sources.slice(i + 1).filter(({ vendor }) => vendor === source.vendor);
    const without = describeStandIn(spares[0], env);
    const { answers, checks, gpuChecks, gpus } = await source.examine({ ...examined, without });
    if (answers) {
      const unused = spares.map((spare) => checkUnused(spare, source, env));
      return {
        checks: [...checks, ...unused, ...gpuChecks, ...failures, ...host.checks],
        gpus: [...gpus],
      };
    }
    failures.unshift(...checks);
  }
  return { checks: [...failures, ...host.checks], gpus: [] };
}

function describeStandIn(standIn: GpuSource | undefined, env: NodeJS.ProcessEnv): string {
  if (!standIn) return 'Without it Plumbline works on what the framework and the host report.';
  return standIn.locate(env) === null
    ? `${standIn.name}, which would stand in for it, is missing too.`
    : `Without it GPUs are read through ${standIn.name}.`;
}

function checkUnused(spare: GpuSource, used: GpuSource, env: NodeJS.ProcessEnv): Check {
  const path = spare.locate(env);
  return passed(
    spare.id,
    path === null
      ? `not found, and not needed while ${used.name} answers`
      : `${path}, not needed while ${used.name} answers`,
  );
}
