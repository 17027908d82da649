/**
 * A million markers from a process's socket into a session file, counted when they are read back. The channel's limit
 * of markers a second is lifted for it: what is asked is whether anything is lost on the way, and how fast it goes.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveTrace } from '../../../src/main/engine/live-trace';
import { createSessionClock } from '../../../src/main/install/session-clock';
import { createSession, openSession } from '../../../src/main/store/session-file';
import { MARKER_LIMITS, MarkerChannel } from '../../../src/main/workloads/marker-channel';
import { plainHeader } from '../../support/session-header';

const COUNT = 1_000_000;

/** Writes as fast as it is taken, waiting whenever the socket is full. */
const SENDER = `
const { connect } = require('node:net');
const socket = connect(process.env.PLUMBLINE_SOCKET);
let sent = 0;
const more = () => {
  while (sent < ${COUNT}) {
    let text = '';
    for (const end = Math.min(${COUNT}, sent + 500); sent < end; sent++) text += JSON.stringify({ v: 1, ts: String(process.hrtime.bigint()), type: 'token', index: sent, rank: 0 }) + '\\n';
    if (!socket.write(text)) return socket.once('drain', more);
  }
  socket.end();
};
socket.on('connect', more);
`;

export async function millionMarkers(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const clock = createSessionClock();
  const warnings: string[] = [];
  try {
    const file = createSession(folder, {
      ...plainHeader('million'),
      startedAt: clock.startedAt.toISOString(),
    });
    const trace = new LiveTrace(file);
    const channel = await MarkerChannel.open({
      clock,
      limits: { perSecond: Infinity, burst: Infinity },
      onMarker: (marker) => trace.marker(marker),
      onWarning: (text) => warnings.push(text),
    });
    const begun = performance.now();
    const cpu = process.cpuUsage();
    const child = spawn(process.execPath, ['-e', SENDER], {
      env: { ...process.env, PLUMBLINE_SOCKET: channel.socketPath },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await new Promise((ended) => child.on('close', ended));
    await channel.drain(600_000);
    await channel.close();
    file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: clock.now() });
    file.close();
    const seconds = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    using reader = openSession(file.path);
    const seen = new Set(
      reader.markers().flatMap((marker) => (marker.type === 'token' ? [marker.index] : [])),
    );
    console.log(
      'a million markers, socket to session file'.padEnd(52),
      `${seen.size === COUNT ? 'none lost' : `${COUNT - seen.size} LOST`}, ${Math.round(COUNT / seconds).toLocaleString('en')} a second, ${((user + system) / COUNT).toFixed(1)} µs of CPU each (${MARKER_LIMITS.perSecond.toLocaleString('en')} a second are taken as shipped)`,
    );
    for (const text of warnings) console.log(`  ${text}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
