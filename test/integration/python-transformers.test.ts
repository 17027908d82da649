/**
 * The sample of Hugging Face's transformers: every model that the matrix of GPU runs asks of it is built and has the
 * parameters Plumbline counts, and what its runs announce makes a budget, declared by nobody.
 * Needs a Python that can import torch, transformers, peft and accelerate: python3, or the one named by PLUMBLINE_TEST_TORCH.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announcedModel, announcedRun } from '../../src/main/engine/announced';
import { wholeShard } from '../../src/shared/budget/sharding/shard';
import { countRankParameters } from '../../src/shared/budget/weights';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { type Ran, runPython, torchPython } from '../support/python';
import { repository } from '../support/repository';

const python = torchPython('import torch, transformers, peft, accelerate');
const reason = python
  ? ''
  : ' (skipped: no Python that can import torch, transformers, peft and accelerate)';
const workloads = join(repository, 'resources/workloads');
const script = join(workloads, 'torch_transformers.py');

const TINY = {
  model_type: 'qwen3',
  num_hidden_layers: 3,
  hidden_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  intermediate_size: 128,
  vocab_size: 500,
  max_position_embeddings: 512,
};

/** Builds each on the meta device, which holds nothing: [key, parameters, trained]. */
const BUILD = `
import json, os, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
import matrix, torch, torch_sample, torch_transformers
for run in matrix.load(os.path.join(sys.argv[1], "matrix.json")):
    if run.get("script") != "torch_transformers.py":
        continue
    command = matrix.workload_command(run, "PYTHON", "SCRIPT", "FOLDER")
    args = torch_transformers.arguments(command[command.index("SCRIPT") + 1:])
    half = torch.bfloat16 if args.precision == "bf16" else None
    with torch_sample.made(torch, "meta", half):
        model = torch_transformers.build(torch, args)
    import plumbline
    weights = list(model.parameters())
    print(json.dumps([run["key"], sum(one.numel() for one in weights), sum(one.numel() for one in weights if one.requires_grad),
        dict(plumbline._model_fields(model, weights), mode=args.mode, batch=args.batch, device="NVIDIA H200")]))
`;

/** The budget's model and run of what was announced, as if it had been on a GPU. */
function announced(fields: Readonly<Record<string, unknown>>) {
  const model = announcedModel(fields);
  if (typeof model === 'string' || model === null) throw new Error(String(model));
  const run = announcedRun(model, { ...fields, device: 'NVIDIA H200' });
  if (typeof run === 'string' || run === null) throw new Error(String(run));
  return { model, run };
}
const count = (model: ModelSpec, run: RunSpec) => {
  const { held, trained } = countRankParameters(model, run, wholeShard(model, run));
  return [held, trained];
};

describe.skipIf(!python)(`the sample of transformers${reason}`, () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'plumbline-transformers-'));
    writeFileSync(join(dir, 'tiny.json'), JSON.stringify(TINY));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const sample = (...words: string[]): Promise<Ran> =>
    runPython(
      python!,
      [script, ...words, '--device', 'cpu', '--model', join(dir, 'tiny.json'), '--seq', '32'],
      { PYTHONPATH: join(repository, 'resources/python/instrument') },
    );
  const phases = ({ lines }: Ran) =>
    lines.flatMap(({ type, event, name }) => (type === 'phase' && event === 'begin' ? [name] : []));
  const told = ({ lines }: Ran) =>
    Object.assign(
      {},
      ...lines.flatMap(({ type, fields }) => (type === 'model' || type === 'run' ? [fields] : [])),
    ) as Readonly<Record<string, unknown>>;

  it('builds every model of the matrix, with the parameters of its budget', async () => {
    const { stdout, stderr, code } = await runPython(python!, [
      '-c',
      BUILD,
      join(repository, 'scripts/gpu'),
      workloads,
    ]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const built = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, number, number, Record<string, unknown>]);
    expect(built.length).toBeGreaterThanOrEqual(18);
    for (const [key, parameters, trained, fields] of built) {
      const { model, run } = announced(fields);
      expect(count(model, run), key).toEqual([parameters, trained]);
    }
  });

  it('trains adapters over checkpoints, and what it announces is that', async () => {
    const ran = await sample(
      'train',
      '--lora-rank',
      '4',
      '--checkpointing',
      'full',
      '--precision',
      'bf16',
      '--steps',
      '2',
    );
    expect(ran.code, ran.stderr).toBe(0);
    expect(phases(ran)).toEqual([
      'load',
      ...Array.from({ length: 2 }, () => ['forward', 'backward', 'optimizer']).flat(),
    ]);
    // Blocks that backward runs again are parts of the model, and no models.
    expect(ran.lines.filter(({ type }) => type === 'model')).toHaveLength(1);
    expect(announced(told(ran)).run).toMatchObject({
      mode: 'train',
      loraRank: 4,
      checkpointing: 'full',
      precision: 'bf16',
      batch: 1,
      seq: 32,
    });
  });

  it('is watched under the Trainer, though it asks for nothing there', async () => {
    const ran = await sample(
      'train',
      '--loop',
      'trainer',
      '--steps',
      '3',
      '--batch',
      '2',
      '--precision',
      'mixed-bf16',
    );
    expect(ran.code, ran.stderr).toBe(0);
    expect(phases(ran).filter((name) => name === 'optimizer')).toHaveLength(3);
    expect(ran.stdout).toMatch(/step 3\/3 loss \d+\.\d+ \d+\.\d+ s/);
    expect(announced(told(ran)).run).toMatchObject({
      mode: 'train',
      batch: 2,
      precision: 'mixed-bf16',
      optimizer: 'adamw',
    });
  });

  it('generates with a cache, token by token', async () => {
    const ran = await sample('generate', '--batch', '2', '--prompt-tokens', '8', '--tokens', '5');
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.lines.filter(({ type }) => type === 'token').map(({ index }) => index)).toEqual([
      1, 2, 3, 4, 5,
    ]);
    expect(announced(told(ran)).run).toMatchObject({ mode: 'generate', batch: 2, promptTokens: 8 });
  });

  it('refuses in one sentence what names no model', async () => {
    writeFileSync(join(dir, 'none.json'), '{}');
    const { code, stderr } = await runPython(python!, [
      script,
      'train',
      '--model',
      join(dir, 'none.json'),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('it names no model_type');
  });
});
