/**
 * Announces a workload's phases, steps, tokens and memory to Plumbline. Copy this file beside your script:
 *
 *     import * as plumbline from './plumbline.mjs';
 *     plumbline.step(0);
 *     await plumbline.phase('forward', () => model.predict(batch));
 *     plumbline.memory(tf.memory().numBytes);
 *
 * Without PLUMBLINE_SOCKET in the environment every call does nothing. No call throws or waits; what Plumbline does
 * not take in time is dropped. Bytes are bytes; times are process.hrtime.bigint().
 */
import { connect } from 'node:net';

const CONNECT_LIMIT_MS = 1000;
const CLOSE_LIMIT_MS = 5000;
const MAX_PENDING_BYTES = 4 * 1024 * 1024;

// The rank a launcher gave this process; without one Plumbline tells processes apart by their connections.
const given = ['RANK', 'OMPI_COMM_WORLD_RANK', 'PMI_RANK', 'SLURM_PROCID', 'LOCAL_RANK']
  .map((name) => process.env[name])
  .find((value) => /^\d+$/.test(value ?? ''));
const rank = given === undefined ? undefined : Number(given);
let currentStep = null;

// Connected before the first marker is announced: from then on a write reaches Plumbline at once, even if the script
// exits or never yields to the event loop.
const socket = await open(process.env.PLUMBLINE_SOCKET);
let introduced = false;

function open(path) {
  if (!path) return null;
  return new Promise((resolve) => {
    const candidate = connect(path);
    const limit = setTimeout(() => finish(null), CONNECT_LIMIT_MS);
    const finish = (result) => {
      clearTimeout(limit);
      if (result === null) candidate.destroy();
      resolve(result);
    };
    candidate.once('connect', () => {
      candidate.unref();
      finish(candidate);
    });
    candidate.on('error', () => finish(null));
  });
}

/** A marker in the channel's own words (what the functions below send); `ts` is when it happened. */
export function send(type, fields, ts = process.hrtime.bigint()) {
  if (socket === null || socket.destroyed || socket.writableLength > MAX_PENDING_BYTES) return;
  try {
    if (!introduced) {
      introduced = true;
      send('process', { pid: process.pid }, ts);
    }
    const text = JSON.stringify({ v: 1, ts: String(ts), type, rank, ...fields });
    // Keeps the process alive only as long as something is unsent.
    socket.ref();
    socket.write(`${text}\n`, () => {
      if (socket.writableLength === 0) socket.unref();
    });
  } catch {
    // A profiler's trouble is never the workload's.
  }
}

/** Announces the beginning of a phase: load, prefill, decode, forward, backward, optimizer, or a name of your own. */
export function begin(name, step = currentStep) {
  send('phase', { name, event: 'begin', step });
}

export function end(name, step = currentStep) {
  send('phase', { name, event: 'end', step });
}

/** Runs `work` as one phase and returns what it returns; a promise ends the phase when it settles. */
export function phase(name, work, step = currentStep) {
  begin(name, step);
  let result;
  try {
    result = work();
  } catch (error) {
    end(name, step);
    throw error;
  }
  if (typeof result?.then !== 'function') {
    end(name, step);
    return result;
  }
  return Promise.resolve(result).finally(() => end(name, step));
}

/** Begins a step, and ends the one before. */
export function step(index) {
  endStep();
  currentStep = index;
  send('step', { event: 'begin', step: index });
}

export function endStep() {
  if (currentStep === null) return;
  send('step', { event: 'end', step: currentStep });
  currentStep = null;
}

/** Announces that the token with this index (from 0) has been generated. */
export function tokens(index) {
  send('token', { index, step: currentStep });
}

/** Bytes as the framework counts them now; `more` may hold reserved, requested, peak, phase, step, components, counters. */
export function memory(allocated, more = {}) {
  send('memory', { allocated, step: currentStep, ...more });
}

/** What the model is, in the words of its configuration. */
export function model(fields) {
  send('model', { fields });
}

/** How it is run: batch, seq, precision, optimizer and the like. */
export function run(fields) {
  send('run', { fields });
}

/** A remark at this moment of the run. */
export function note(text) {
  send('note', { text: String(text), step: currentStep });
}

/** Resolves when everything announced so far is on its way. */
export function flush() {
  return new Promise((resolve) => {
    if (socket === null || socket.destroyed) resolve();
    else socket.write('', () => resolve());
  });
}

/** Sends what is left and hangs up, at the latest after five seconds. Nothing can be announced afterwards. */
export async function close() {
  if (socket === null || socket.destroyed) return;
  socket.ref();
  await new Promise((resolve) => {
    const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
    const done = () => {
      clearTimeout(limit);
      resolve();
    };
    socket.once('close', done);
    socket.end(done);
  });
  socket.destroy();
}
