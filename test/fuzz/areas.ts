/**
 * What is fuzzed: each area takes bytes as a stranger would hand them in, and calls what reads them. A `Failure` is an
 * answer; whatever else is thrown is a find.
 */

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { checkedEngine } from '../../src/main/contract/checked-engine';
import { registerCommands } from '../../src/main/hosts/cli/commands';
import type { Output } from '../../src/main/hosts/cli/output';
import { hostAllowed, originAllowed, presentedToken } from '../../src/main/hosts/server/guard';
import { readTrace } from '../../src/main/import';
import { findSmiError } from '../../src/main/nvidia-smi-format/error-text';
import { parseAskedFields } from '../../src/main/nvidia-smi-format/gpu-fields';
import { parsePmon } from '../../src/main/nvidia-smi-format/pmon';
import { parseHeader, parseQuantity, splitRow } from '../../src/main/nvidia-smi-format/query-csv';
import { listedInstances, parseXml, toList } from '../../src/main/nvidia-smi-format/xml';
import { readSession } from '../../src/main/store/session-data';
import { openSession } from '../../src/main/store/session-file';
import { createSession } from '../../src/main/store/session-writer';
import { withinTime } from '../../src/main/store/time-limit';
import { LineSplitter } from '../../src/main/workloads/line-splitter';
import { parseIntroduction, parseMarker } from '../../src/main/workloads/marker-schema';
import { Failure } from '../../src/shared/base/failure';
import { computeBudget } from '../../src/shared/budget/budget';
import { ENGINE_METHODS, type EngineClient } from '../../src/shared/contract/api';
import { decodeMessage, encodeMessage } from '../../src/shared/contract/codec';
import { type RpcMessage, serveEngine } from '../../src/shared/contract/rpc';
import { modelFromConfig } from '../../src/shared/model/config-file';
import { parseConfigText } from '../../src/shared/model/config-text';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import { checkModel, checkRun } from '../../src/shared/model/validate';
import { plainHeader, plainInfo } from '../support/session-header';
import { storedRows } from './stored-rows';
import { importWhole, numberedLogs } from './whole-imports';

export interface Area {
  readonly id: string;
  /** Inputs that are as they should be; what is tried is made of them. */
  seeds(root: string, folder: string): readonly Buffer[];
  /** Resolves when all of it has been read; throws what is no Failure. */
  read(input: Buffer, folder: string): unknown;
}

const filesIn = (...path: string[]) =>
  readdirSync(join(...path))
    .map((name) => join(...path, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file))
    .filter((bytes) => bytes.length > 0 && bytes.length < 100_000);

const imports: Area = {
  id: 'import',
  seeds: (root) => [
    ...filesIn(root, 'test/fixtures/import'),
    ...filesIn(root, 'test/fixtures/import-refused'),
  ],
  read(input, folder) {
    const path = join(folder, 'trace.csv');
    writeFileSync(path, input);
    readTrace(path).close();
  },
};

/** A look, an import and what is stored of it, held against what was written: 2,000 of them take minutes. */
const wholeImports: Area = {
  id: 'whole-import',
  seeds: (root) => [
    ...numberedLogs(200),
    ...filesIn(root, 'test/fixtures/import'),
    ...filesIn(root, 'test/fixtures/import-refused'),
  ],
  read: importWhole,
};

const configs: Area = {
  id: 'configs',
  seeds(root) {
    const text = readFileSync(join(root, 'test/fixtures/models/configurations.json'), 'utf8');
    const { models } = JSON.parse(text) as {
      readonly models: readonly { readonly config: object }[];
    };
    return models.map(({ config }) => Buffer.from(JSON.stringify(config)));
  },
  read(input) {
    let config: unknown;
    try {
      config = parseConfigText(input.toString());
    } catch {
      // Whoever opens the file says that it is no JSON.
      return;
    }
    const model = modelFromConfig(config, 'config.json');
    const run = runDefaults(model, { mode: 'train' });
    checkRun(model, run);
    computeBudget(model, run);
  },
};

const MARKERS = [
  '{"v":1,"ts":5,"type":"phase","name":"forward","event":"begin","step":3,"rank":0}',
  '{"v":1,"type":"memory","allocated":5,"reserved":7,"peak":9,"components":{"params":3},"counters":{"a":1},"trail":[[1,2]]}',
  '{"v":1,"type":"model","fields":{"model_type":"gpt2","n_layer":2}}',
  '{"v":1,"type":"process","pid":5,"rank":1}',
  '{"v":1,"type":"note","text":"x"}',
  '{"v":1,"type":"token","index":4}',
];
const markers: Area = {
  id: 'markers',
  seeds: () => MARKERS.map((text) => Buffer.from(text)),
  read(input) {
    const splitter = new LineSplitter(
      () => 0,
      (line) => {
        parseMarker(line, 0n, 1e6);
        parseIntroduction(line);
      },
    );
    splitter.push(input);
    splitter.end();
  },
};

const smi: Area = {
  id: 'nvidia-smi',
  seeds: (root) => filesIn(root, 'test/fixtures/import'),
  read(input) {
    const text = input.toString();
    const lines = text.split('\n').slice(0, 200);
    const header = parseHeader(lines[0] ?? '');
    for (const line of lines) {
      splitRow(
        line,
        header.map(({ name }) => name),
      );
      for (const cell of line.split(',').slice(0, 20)) parseQuantity(cell, 'bytes');
    }
    parsePmon(text);
    findSmiError(text);
    parseAskedFields(text);
    for (const gpu of toList(parseXml(text))) listedInstances(gpu);
  },
};

const sessions: Area = {
  id: 'sessions',
  seeds(root, folder) {
    const writer = createSession(folder, plainHeader('seed'));
    writer.declareSeries(plainInfo('a'));
    for (let i = 0; i < 3000; i++) writer.append('a', i * 1000, i % 97);
    for (let i = 0; i < 20; i++) {
      writer.log({ t: i, stream: 'stdout', text: `line ${i}` });
      writer.marker({ type: 'phase', t: i, rank: 0, step: i, name: 'forward', event: 'begin' });
    }
    writer.gap('a', 5_000_000, 6_000_000, 'lost');
    writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 7_000_000 });
    writer.close();
    return [
      readFileSync(writer.path),
      readFileSync(join(root, 'test/fixtures/sessions/v1.plumbline')),
    ];
  },
  read(input, folder) {
    const path = join(folder, 'x.plumbline');
    for (const ending of ['', '-wal', '-shm', '-journal'])
      rmSync(path + ending, { force: true, recursive: true });
    writeFileSync(path, input);
    return withinTime(5000, () => {
      using reader = openSession(path);
      const { series, warnings } = readSession(reader);
      return [warnings.length, ...series.map((one) => one.figures?.count ?? 0)];
    });
  },
};

/** Answers everything that was found to be a question of its method; the budget is computed. */
const answering = Object.fromEntries(ENGINE_METHODS.map((method) => [method, async () => null]));
const engine = checkedEngine({
  ...(answering as unknown as EngineClient),
  budget: async ({ model, run }) => {
    checkModel(model);
    checkRun(model, run);
    return computeBudget(model, run);
  },
  on: () => () => {},
});
const calls: Area = {
  id: 'calls',
  seeds: () =>
    ENGINE_METHODS.flatMap((method) =>
      [
        { id: 'a' },
        { id: 'a', series: ['x'], t0: 0, t1: 1, columns: 5 },
        { ids: ['a', 'b'], format: 'html' },
        { model: preset('gpt2'), run: runDefaults(preset('gpt2'), { mode: 'train' }) },
        { name: 'x', request: { command: ['true'], run: { mode: 'train' } } },
      ].map((args) => Buffer.from(JSON.stringify({ kind: 'call', id: 1, method, args }))),
    ),
  async read(input) {
    let message: unknown;
    try {
      message = decodeMessage(input.toString());
    } catch {
      // A connection that says such a thing is ended: see the server's socket.
      return;
    }
    const bugs: unknown[] = [];
    let hear: (said: RpcMessage) => void = () => {};
    serveEngine(
      engine,
      {
        send: (said) => void encodeMessage(said),
        onMessage: (handler) => {
          hear = handler;
        },
        onClose() {},
      },
      (bug) => bugs.push(bug),
    );
    hear(message as RpcMessage);
    await new Promise((resolve) => setImmediate(resolve));
    if (bugs.length > 0) throw bugs[0];
  },
};

const http: Area = {
  id: 'http',
  seeds: () =>
    [
      '/api?token=abc\nhost: 127.0.0.1:8080\norigin: http://127.0.0.1:8080\nauthorization: Bearer abc',
      '/\nHost: localhost\nHost: evil',
      '//x@y/%zz\nhost: [::1]:9',
    ].map((text) => Buffer.from(text)),
  read(input) {
    const [url = '', ...lines] = input.toString('latin1').split('\n');
    const rawHeaders = lines.flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [line.slice(0, at), line.slice(at + 1).trim()];
    });
    const headers: Record<string, string> = {};
    for (let i = 0; i < rawHeaders.length; i += 2)
      headers[rawHeaders[i]!.toLowerCase()] ??= rawHeaders[i + 1]!;
    const request = { url, rawHeaders, headers } as unknown as IncomingMessage;
    // In the server's order: a token is looked for only once the host is allowed.
    if (hostAllowed(request) && originAllowed(request)) presentedToken(request);
  },
};

const quiet: Output = {
  json: true,
  result(document, text) {
    JSON.stringify(document);
    text();
  },
  say() {},
  tell() {},
  part() {},
  echo() {},
  draw() {},
  progress() {},
  endProgress() {},
};
const LINES = [
  'budget --model gpt2 --mode train --batch 4 --seq 128 --precision mixed-bf16',
  'budget --model gpt2-medium --mode infer --batch 2 --prompt-tokens 8 --tokens 8 --gpu A100',
  'flops --model gpt2 --batch 8 --seq 1024 --causal',
  'plan --model gpt2 --mode train --gpu H100 --seq 512',
  'budget --model gpt2-xl --mode train --zero 3 --dp 8 --tp 2 --pp 2 --optimizer sgd --checkpointing every=4',
  'scaling --model gpt2',
];
const cli: Area = {
  id: 'cli',
  seeds: () => LINES.map((line) => Buffer.from(line)),
  async read(input) {
    const args = input
      .toString()
      .split(/\s+/)
      .filter((word) => word !== '');
    // Nothing of the machine is asked for: theory alone, and no file that lies here by chance.
    if (!['budget', 'flops', 'plan', 'scaling'].includes(args[0] ?? '')) return;
    if (args.some((word) => /[/\\\0]/.test(word) || existsSync(word))) return;
    const program = new Command().exitOverride().configureOutput({ writeErr() {}, writeOut() {} });
    try {
      await registerCommands(program, quiet, args);
      await program.parseAsync(['node', 'plumbline', ...args]);
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
    }
  },
};

export const AREAS: readonly Area[] = [
  imports,
  wholeImports,
  configs,
  markers,
  smi,
  sessions,
  storedRows,
  calls,
  http,
  cli,
];
export const isAnswer = (error: unknown): boolean => error instanceof Failure;
