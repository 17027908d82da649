/**
 * A second process beside the workload, a fault to be found: it cuts every tie to the workload's process tree, holds
 * bytes of its own on the device (or, without one, in memory) and ends when the workload does.
 */
import { spawnSync } from 'node:child_process';
import { fill } from '@tensorflow/tfjs-core';
import { Failure } from '../../shared/base/failure';
import type { Backend } from '../../shared/model/spec';
import { startBackend, upload } from '../backend/backend';

export const BESIDE = '--beside';

interface Task {
  readonly bytes: number;
  readonly backend: Backend;
  /** The workload it stays beside. */
  readonly pid: number;
}

const LOOK_MS = 200;

/** Starts it and returns its pid. A shell in between lets go of it at once, so that it has no parent here. */
export function startBeside(bytes: number, backend: Backend): number {
  if (process.platform === 'win32')
    throw new Failure(
      'unavailable',
      'The fault of a second process cannot be planted on Windows.',
      'Leave process:BYTES out of PLUMBLINE_FAULT.',
    );
  const task: Task = { bytes, backend, pid: process.pid };
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PLUMBLINE_')),
  );
  const { stdout } = spawnSync(
    '/bin/sh',
    [
      '-c',
      '"$@" > /dev/null 2>&1 & echo $!',
      'sh',
      process.execPath,
      process.argv[1]!,
      BESIDE,
      JSON.stringify(task),
    ],
    { env, encoding: 'utf8' },
  );
  return Number(stdout);
}

/** What it does: holds its bytes for as long as the workload lives. */
export async function holdBeside(text: string): Promise<void> {
  const { bytes, backend, pid } = JSON.parse(text) as Task;
  const held = backend === 'webgpu' ? await onDevice(bytes) : Buffer.alloc(bytes, 1);
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  held.toString();
}

async function onDevice(bytes: number) {
  await startBackend('webgpu');
  const tensor = fill([bytes / 4], 1);
  upload([tensor]);
  return tensor;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
