/** What this machine can give: telemetry, library, workload backends. */
import { accessSync, constants, existsSync } from 'node:fs';
import type { DoctorReport } from '../../shared/contract/api';
import { rendererDir, workloadEntry, workloadNode } from '../install/paths';
import type { Library } from '../store/library';
import { describeAccess } from '../store/library-access';
import { readSettings, settingsPath } from '../store/library-settings';
import { telemetryChecks } from '../telemetry/doctor/doctor';
import { isCheckedApart, sessionsCheck } from './sessions-check';
import { telemetryEnvironment } from './telemetry-environment';

/** `isBusy`: where there is no thread for it, session files are not read whole, since that would hold up what is being recorded. */
export async function doctorReport(library: Library, isBusy: boolean): Promise<DoctorReport> {
  const telemetry = await telemetryChecks(telemetryEnvironment(library.settings()));
  const writable = isWritable(library.dir);
  const access = describeAccess(library.dir);
  const built = existsSync(workloadEntry) && existsSync(rendererDir);
  return {
    checks: [
      {
        id: 'node',
        ok: true,
        found: `Node ${process.versions.node} runs Plumbline; workloads run on ${workloadNode()}`,
        remedy: null,
      },
      {
        id: 'library',
        ok: writable,
        found: access === null ? library.dir : access.message,
        remedy: writable
          ? (access?.remedy ?? null)
          : 'Set PLUMBLINE_HOME to a folder you may write to.',
      },
      ...settingsCheck(library.dir),
      ...(isBusy && !isCheckedApart ? [] : [await sessionsCheck(library)]),
      {
        id: 'build',
        ok: built,
        found: built
          ? 'the app and the bundled workload are built'
          : 'the app or the bundled workload is not built',
        remedy: built ? null : 'Run "npm run build".',
      },
      ...telemetry.checks,
    ],
    gpus: telemetry.gpus,
  };
}

/** Nothing while the file is as it should be. */
function settingsCheck(folder: string): DoctorReport['checks'] {
  const { problem } = readSettings(folder);
  if (problem === null) return [];
  return [
    {
      id: 'settings',
      ok: false,
      found: `${settingsPath(folder)}: ${problem}`,
      remedy: 'Set it anew in Settings or with "plumbline settings", or delete the file.',
    },
  ];
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
