/**
 * A stand-in for nvidia-smi: the same flags, the same words, numbers from a scenario. Run it through `nvidia-smi`
 * beside it. Built-ins only; works on Node 20 and later.
 *
 * PLUMBLINE_SMI_SCENARIO  the scenario file, see test/fixtures/nvidia-smi/README.md
 * PLUMBLINE_SMI_STATE     optional file that counts the runs of each kind, for troubles that pass
 * PLUMBLINE_SMI_LOG       optional file that gets one JSON line per run: {pid, argv}
 * PLUMBLINE_SMI_START     optional time (ms since 1970) at which keyframes begin; else this process's start
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

const MiB = 2 ** 20;
const args = process.argv.slice(2);
const env = process.env;
const started = Number(env.PLUMBLINE_SMI_START) || Date.now();
const scenario = JSON.parse(readFileSync(env.PLUMBLINE_SMI_SCENARIO, 'utf8'));
const gpus = scenario.gpus ?? [];
const out = (text) => process.stdout.write(text);

process.stdout.on('error', () => process.exit(0));
if (env.PLUMBLINE_SMI_LOG)
  appendFileSync(env.PLUMBLINE_SMI_LOG, `${JSON.stringify({ pid: process.pid, argv: args })}\n`);

const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const after = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
const gpuFields = option('query-gpu')?.split(',');
const appFields = option('query-compute-apps')?.split(',');
const format = (option('format') ?? '').split(',');
const periodMs = Number(
  after('-lms') ?? option('loop-ms') ?? Number(after('-l') ?? option('loop') ?? 0) * 1000,
);
const kind =
  args.includes('-q') && args.includes('-x')
    ? 'xml'
    : gpuFields
      ? periodMs > 0
        ? 'stream'
        : 'query'
      : appFields
        ? 'apps'
        : args[0] === 'pmon'
          ? 'pmon'
          : args.includes('-L')
            ? 'list'
            : args.includes('--help-query-gpu')
              ? 'help'
              : 'table';

/** How often this kind of question has been asked, this time included; 1 where nobody counts. */
function countRun() {
  if (!env.PLUMBLINE_SMI_STATE) return 1;
  let counts = {};
  try {
    counts = JSON.parse(readFileSync(env.PLUMBLINE_SMI_STATE, 'utf8'));
  } catch {
    // The first run of all.
  }
  counts[kind] = (counts[kind] ?? 0) + 1;
  writeFileSync(env.PLUMBLINE_SMI_STATE, JSON.stringify(counts));
  return counts[kind];
}

// Only streams meet passing troubles; counting others would race between runs at the same moment.
const run = kind === 'stream' ? countRun() : 1;
/** Troubles of this kind of question that concern this run. */
const quirk = Object.assign(
  {},
  ...(scenario.quirks ?? []).filter(
    (each) => (each.for ?? ['stream']).includes(kind) && (each.runs ?? [run]).includes(run),
  ),
);

const stays = () => setInterval(() => {}, 1 << 30);
const end = (code) => {
  process.exitCode = code;
};

/** A keyframed field now: numbers between frames lie on the line between them, texts hold. */
function fieldAt(frames, field, now) {
  let before;
  let next;
  for (const frame of frames) {
    if (frame[field] === undefined) continue;
    if ((frame.atMs ?? 0) <= now) before = frame;
    else next ??= frame;
  }
  const a = before?.[field] ?? next?.[field];
  const b = next?.[field];
  if (typeof a !== 'number' || typeof b !== 'number' || !before) return a;
  return a + ((b - a) * (now - (before.atMs ?? 0))) / (next.atMs - (before.atMs ?? 0));
}

const expand = (path) => path.replace(/\$(\w+)/g, (_, name) => env[name] ?? '');
function numberIn(path) {
  try {
    const value = Number(readFileSync(expand(path), 'utf8'));
    return Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

function processes(now) {
  return (scenario.processes ?? []).flatMap((each) => {
    const pid = each.pidFile ? numberIn(each.pidFile) : each.pid;
    if (!pid) return [];
    const memory = each.memoryFile
      ? Math.ceil((numberIn(each.memoryFile) ?? 0) / MiB)
      : each.keyframes
        ? fieldAt(each.keyframes, 'memory', now)
        : each.memory;
    return [{ type: 'C', name: 'python', gpu: 0, ...each, pid, memory }];
  });
}

const UNITS = {
  'memory.used': 'MiB',
  'memory.total': 'MiB',
  'memory.free': 'MiB',
  'utilization.gpu': '%',
  'utilization.memory': '%',
  'power.draw': 'W',
  'clocks.sm': 'MHz',
  'clocks.current.sm': 'MHz',
  'power.draw.instant': 'W',
  'power.draw.average': 'W',
  'clocks.mem': 'MHz',
  'memory.reserved': 'MiB',
  'utilization.encoder': '%',
  'utilization.decoder': '%',
  'fan.speed': '%',
  used_gpu_memory: 'MiB',
};
const KNOWN = [
  'timestamp',
  'index',
  'uuid',
  'name',
  'driver_version',
  'pci.bus_id',
  'temperature.gpu',
  'clocks_event_reasons.active',
  'clocks_throttle_reasons.active',
  'pcie.link.gen.current',
  'pcie.link.width.current',
  'ecc.errors.corrected.volatile.total',
  'ecc.errors.uncorrected.volatile.total',
  ...Object.keys(UNITS),
];

function gpuValue(gpu, index, field, now) {
  switch (field) {
    case 'timestamp': {
      const pad = (value, width = 2) => String(value).padStart(width, '0');
      const d = new Date();
      return `${d.getFullYear()}/${pad(d.getMonth() + 1)}/${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}.${pad(d.getMilliseconds(), 3)}`;
    }
    case 'index':
      return String(index);
    case 'uuid':
      return gpu.uuid;
    case 'name':
      return gpu.name;
    case 'driver_version':
      return scenario.driver;
    case 'pci.bus_id':
      return gpu.busId;
    case 'memory.total':
      return gpu.memoryTotal;
    case 'memory.used': {
      const base = fieldAt(gpu.keyframes ?? [], field, now);
      const planted = gpu.memoryFile ? Math.ceil((numberIn(gpu.memoryFile) ?? 0) / MiB) : 0;
      return typeof base === 'number' || base === undefined ? (base ?? 0) + planted : base;
    }
    default:
      return (
        fieldAt(gpu.keyframes ?? [], field === 'clocks.current.sm' ? 'clocks.sm' : field, now) ??
        '[N/A]'
      );
  }
}

function cell(value, field) {
  if (typeof value !== 'number') return String(value);
  const text = field.startsWith('power.draw') ? value.toFixed(2) : String(Math.round(value));
  return UNITS[field] && !format.includes('nounits') ? `${text} ${UNITS[field]}` : text;
}
const header = (fields) =>
  `${fields.map((field) => (UNITS[field] ? `${field} [${UNITS[field]}]` : field)).join(', ')}\n`;

let rows = 0;
/** One tick of `--query-gpu`; false when the scenario says that no more will come. */
function tick() {
  const now = Date.now() - started;
  for (const [index, gpu] of gpus.entries()) {
    if (quirk.hangAfterRows !== undefined && rows >= quirk.hangAfterRows) return false;
    const gone = quirk.lose && quirk.lose.gpu === index && rows >= (quirk.lose.afterRows ?? 0);
    if (gone && quirk.lose.text) {
      out(`${quirk.lose.text}\n`);
      continue;
    }
    const bare = ['index', 'uuid', 'name', 'timestamp', 'pci.bus_id', 'driver_version'];
    out(
      `${gpuFields.map((field) => (gone && !bare.includes(field) ? '[GPU is lost]' : cell(gpuValue(gpu, index, field, now), field))).join(', ')}\n`,
    );
    rows++;
    if (quirk.foreign && rows === quirk.foreign.afterRows) out(`${quirk.foreign.text}\n`);
  }
  return true;
}

function queryGpu() {
  const unknown = gpuFields.find(
    (field) => !KNOWN.includes(field) || (scenario.unknownFields ?? []).includes(field),
  );
  if (unknown) {
    out(`Field "${unknown}" is not a valid field to query.\n\n`);
    return end(2);
  }
  if (!format.includes('noheader')) out(header(gpuFields));
  if (quirk.flood) {
    const pour = () => {
      while (process.stdout.write(`${'\u0000#'.repeat(40)} ${Math.random()}\n`));
      process.stdout.once('drain', () => setTimeout(pour, 5));
    };
    return pour();
  }
  const step = () => {
    if (!tick()) return stays();
    if (quirk.exitAfterRows !== undefined && rows >= quirk.exitAfterRows) {
      if (quirk.text) out(`${quirk.text}\n`);
      return end(quirk.exitCode ?? 0);
    }
    if (periodMs > 0) setTimeout(step, periodMs + (quirk.slowerMs ?? 0));
  };
  step();
}

function computeApps() {
  if (!format.includes('noheader')) out(header(appFields));
  for (const each of processes(Date.now() - started)) {
    const gpu = gpus[each.gpu];
    const values = {
      pid: String(each.pid),
      process_name: each.name,
      used_gpu_memory: each.memory,
      used_memory: each.memory,
      gpu_uuid: gpu.uuid,
      gpu_name: gpu.name,
    };
    if (each.type !== 'G')
      out(`${appFields.map((field) => cell(values[field] ?? '[N/A]', field)).join(', ')}\n`);
  }
}

function monitor() {
  out(
    '# gpu         pid   type     fb   ccpm    command \n# Idx           #    C/G     MB     MB    name \n',
  );
  const list = processes(Date.now() - started);
  if (list.length === 0) out('    0          -     -      -      -    -              \n');
  for (const each of list) {
    const memory = typeof each.memory === 'number' ? Math.round(each.memory) : '-';
    out(
      `${String(each.gpu).padStart(5)} ${String(each.pid).padStart(10)} ${each.type.padStart(5)} ${String(memory).padStart(6)} ${'0'.padStart(6)}    ${each.name.slice(0, 15)}\n`,
    );
  }
}

const escapeXml = (text) => String(text).replace(/[<&>]/g, (c) => `&#${c.charCodeAt(0)};`);
function xml() {
  const now = Date.now() - started;
  const list = processes(now);
  const withUnit = (value, unit) =>
    typeof value === 'number'
      ? `${Math.round(value)} ${unit}`
      : String(value ?? 'N/A').replace(/^\[|\]$/g, '');
  out(
    `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>\n\t<timestamp>${new Date().toString().slice(0, 24)}</timestamp>\n\t<driver_version>${scenario.driver}</driver_version>\n\t<cuda_version>${scenario.cuda}</cuda_version>\n\t<attached_gpus>${gpus.length}</attached_gpus>\n`,
  );
  for (const [index, gpu] of gpus.entries()) {
    const used = gpuValue(gpu, index, 'memory.used', now);
    const infos = list
      .filter((each) => each.gpu === index)
      .map(
        (each) =>
          `\t\t\t<process_info>\n\t\t\t\t<pid>${each.pid}</pid>\n\t\t\t\t<type>${each.type}</type>\n\t\t\t\t<process_name>${escapeXml(each.name)}</process_name>\n\t\t\t\t<used_memory>${withUnit(each.memory, 'MiB')}</used_memory>\n\t\t\t</process_info>\n`,
      );
    const divided = (gpu.mig ?? []).flatMap((each, slot) =>
      each.memoryTotal === undefined
        ? []
        : [
            `\t\t\t<mig_device>\n\t\t\t\t<index>${slot}</index>\n\t\t\t\t<fb_memory_usage>\n\t\t\t\t\t<total>${each.memoryTotal} MiB</total>\n\t\t\t\t\t<used>${(each.memory ?? 0) + (each.memoryFile ? Math.ceil((numberIn(each.memoryFile) ?? 0) / MiB) : 0)} MiB</used>\n\t\t\t\t</fb_memory_usage>\n\t\t\t</mig_device>\n`,
          ],
    );
    out(
      `\t<gpu id="${gpu.busId}">\n\t\t<product_name>${escapeXml(gpu.name)}</product_name>\n\t\t<uuid>${gpu.uuid}</uuid>\n\t\t<minor_number>${gpu.minor ?? index}</minor_number>\n\t\t<mig_devices>\n${divided.join('')}\t\t</mig_devices>\n\t\t<fb_memory_usage>\n\t\t\t<total>${withUnit(gpu.memoryTotal, 'MiB')}</total>\n\t\t\t<used>${withUnit(used, 'MiB')}</used>\n\t\t</fb_memory_usage>\n\t\t<utilization>\n\t\t\t<gpu_util>${withUnit(gpuValue(gpu, index, 'utilization.gpu', now), '%')}</gpu_util>\n\t\t</utilization>\n\t\t<processes>\n${infos.join('')}\t\t</processes>\n\t</gpu>\n`,
    );
  }
  out('</nvidia_smi_log>\n');
}

function main() {
  if (quirk.hang) return stays();
  if (quirk.text && quirk.exitAfterRows === undefined) {
    out(`${quirk.text}\n`);
    return end(quirk.exitCode ?? 0);
  }
  if (quirk.file) return out(readFileSync(expand(quirk.file), 'utf8'));
  if (gpus.length === 0) {
    out('No devices were found\n');
    return end(6);
  }
  switch (kind) {
    case 'xml':
      return xml();
    case 'stream':
    case 'query':
      return queryGpu();
    case 'apps':
      return computeApps();
    case 'pmon':
      return monitor();
    case 'list':
      return gpus.forEach((gpu, index) => {
        out(
          `GPU ${index}: ${gpu.name} (UUID: ${gpu.uuid})\n${(gpu.mig ?? []).map((each, slot) => `  MIG ${each.profile}     Device  ${slot}: (UUID: ${each.uuid})\n`).join('')}`,
        );
      });
    case 'help':
      return out(
        `List of valid properties to query for the switch "--query-gpu":\n\n${KNOWN.filter(
          (field) => !(scenario.unknownFields ?? []).includes(field),
        )
          .map((field) => `"${field}"\n\n`)
          .join('')}`,
      );
    default:
      out(`Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n\n`);
      return end(2);
  }
}
main();
