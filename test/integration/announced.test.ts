/** A budget without any declaration: a script that announces its model and run is laid over what theory predicts for them. */
import { afterAll, describe, expect, it } from 'vitest';
import { announcedModel } from '../../src/main/engine/announced';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { fixture, python } from '../fixtures/workloads/harness';
import { runJson, temporaryHome } from '../support/cli';
import { GPT2_CONFIG } from '../support/gpt2-config';

const home = temporaryHome();
afterAll(() => home.dispose());
const config = { ...GPT2_CONFIG, hub_token: 'never stored' };
const PARAMETERS = 124_439_808;

async function announcing(source: string): Promise<SessionDocument> {
  const script = `import sys; sys.path.insert(0, ${JSON.stringify(fixture('../../../resources/python'))}); import plumbline\n${source}`;
  return (await runJson<SessionDocument>(['record', '--', python!, '-c', script], home.dir))
    .document;
}
const model = (parameters: number) =>
  `plumbline.model(name="gpt2", parameters=${parameters}, config=${JSON.stringify(config)})`;

describe.skipIf(!python)(
  `what a script announces of itself${python ? '' : ' (skipped: python3 was not found)'}`,
  () => {
    it('is the model and the run that the budget is of, the same as if they had been declared', async () => {
      const document = await announcing(`${model(PARAMETERS)}
plumbline.run(framework="pytorch", device="NVIDIA H100", mode="train", batch=4, seq=256, precision="mixed-bf16", optimizer="adamw", optimizerKernel="fused", attention="sdpa", unknown="x")
with plumbline.phase("forward", step=0): plumbline.memory(10**9, phase="forward", step=0)`);
      expect(document.model).toMatchObject({
        name: 'gpt2',
        layers: 12,
        hidden: 768,
        heads: 12,
        vocab: 50257,
      });
      expect(document.run).toMatchObject({
        mode: 'train',
        framework: 'pytorch',
        batch: 4,
        seq: 256,
        precision: 'mixed-bf16',
        optimizerKernel: 'fused',
        attention: 'sdpa',
      });
      const { document: declared } = await runJson<{
        tiers: { refined: { levels: { allocated: number } } };
      }>(
        [
          'budget',
          '--model',
          'gpt2',
          '--mode',
          'train',
          '--framework',
          'pytorch',
          '--batch',
          '4',
          '--seq',
          '256',
          '--precision',
          'mixed-bf16',
          '--optimizer-kernel',
          'fused',
          '--attention',
          'sdpa',
        ],
        home.dir,
      );
      expect(document.overlay.predictedPeak.refined).toBe(declared.tiers.refined.levels.allocated);
      expect(JSON.stringify(document.markers)).not.toContain('never stored');
    });

    it('is a run that trains adapters, read off the layers they are on', async () => {
      // Rank 8 beside each of the twelve projections 768 -> 3 · 768.
      const adapters = 12 * 8 * (768 + 3 * 768);
      const document = await announcing(`
class Layer:
    r, lora_A, lora_dropout, lora_magnitude_vector = {"default": 8}, {}, {"default": object()}, {}
class Model:
    def named_modules(self): return [("", self)] + [("h.%d.attn.c_attn" % i, Layer()) for i in range(12)]
plumbline.model(name="gpt2", parameters=${PARAMETERS + adapters}, trainable=${adapters}, config=${JSON.stringify(config)}, **plumbline._adapter_fields(Model()))
plumbline.run(device="NVIDIA H100", mode="train", batch=4, seq=256, precision="bf16", optimizer="adamw")
with plumbline.phase("forward", step=0): plumbline.memory(10**9, phase="forward", step=0)`);
      const { document: declared } = await runJson<{
        tiers: { refined: { levels: { allocated: number } } };
      }>(
        'budget --model gpt2 --mode train --framework pytorch --batch 4 --seq 256 --precision bf16 --lora-rank 8'.split(
          ' ',
        ),
        home.dir,
      );
      expect(document.run).toMatchObject({ loraRank: 8, loraTargets: 'c_attn' });
      expect(document.overlay.predictedPeak.refined).toBe(declared.tiers.refined.levels.allocated);
    });

    it('counts the tokens that were generated', async () => {
      const document = await announcing(`${model(PARAMETERS)}
plumbline.run(device="NVIDIA H100", mode="generate", batch=1, seq=20)
for i in range(1, 13): plumbline.tokens(i)`);
      expect(document.run).toMatchObject({ mode: 'generate', promptTokens: 20, tokens: 12 });
      const { document: shown } = await runJson<SessionDocument>(['show', document.id], home.dir);
      expect(shown.run).toMatchObject({ tokens: 12 });
    });

    it('gives no budget where its parameters are others than its configuration makes, and says so', async () => {
      const document = await announcing(
        `${model(PARAMETERS + 5_000_000)}\nplumbline.run(device="NVIDIA H100", mode="train", batch=1, seq=8)`,
      );
      expect(document).toMatchObject({ model: null, run: null });
      expect(document.warnings).toEqual([
        expect.stringMatching(/129,439,808 parameters whose configuration makes 124,439,808/),
      ]);
    });

    it('gives none off the GPU, where the prediction would be of something else', async () => {
      const document = await announcing(
        `${model(PARAMETERS)}\nplumbline.run(device="cpu", mode="train", batch=1, seq=8)`,
      );
      expect(document).toMatchObject({ run: null, overlay: { predictedPeak: { refined: null } } });
    });
  },
);

describe('an announced model that is none', () => {
  it.each([
    [{}, null],
    [{ config: 'gpt2' }, null],
    [{ config: { n_layer: 2 } }, null],
  ])('%j is not taken for one', (fields, expected) => {
    expect(announcedModel(fields)).toBe(expected);
  });

  it.each([
    [{ config: { model_type: 'mamba' } }, /mamba/],
    [{ config: { model_type: 'gpt2', n_layer: -1 } }, /n_layer/],
    [{ config: { model_type: 'gpt2', n_embd: 7, n_head: 2 } }, /Heads cannot be 2/],
  ])('%j is refused with its reason', (fields, reason) => {
    expect(announcedModel(fields)).toMatch(reason);
  });
});
