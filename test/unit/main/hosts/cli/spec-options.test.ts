import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addBundledOptions,
  addSpecOptions,
  bundledSettings,
  givenOptions,
  resolveSpec,
  type SpecOptions,
} from '../../../../../src/main/hosts/cli/options/spec-options';

function parse(...args: string[]): SpecOptions {
  return addBundledOptions(addSpecOptions(new Command().exitOverride()))
    .parse(args, { from: 'user' })
    .opts();
}
const refusal = (message: string, remedy: string) =>
  expect.objectContaining({ code: 'bad_input', message, remedy });

describe('options of the terminal', () => {
  it('stand in an order of their own where the document has another', () => {
    const flags = addBundledOptions(addSpecOptions(new Command())).options.map(({ long }) => long);
    expect(flags.slice(0, 9)).toEqual([
      '--model',
      '--mode',
      '--batch',
      '--grad-accum',
      '--seq',
      '--prompt-tokens',
      '--tokens',
      '--kv-cache',
      '--cache-growth',
    ]);
    expect(flags.slice(-5)).toEqual(['--prompt', '--temperature', '--top-k', '--top-p', '--data']);
  });

  it('are read as the settings they stand for', () => {
    const options = parse(
      ...['--mode', 'train', '--kv-cache', 'off', '--zero', '0', '--dropout', '.1', '--causal'],
      ...['--freeze', '2', '--checkpointing', 'every=3', '--prompt', 'a', '--prompt', 'b'],
    );
    expect(givenOptions(options)).toEqual({
      mode: 'train',
      kvCache: false,
      zero: 0,
      dropout: 0.1,
      causal: true,
      frozenLayers: 2,
      checkpointing: 'every=3',
    });
    expect(bundledSettings(options)).toEqual({ prompts: ['a', 'b'] });
  });

  it.each([
    ['--batch', '0', 'Give a whole number of at least 1.'],
    ['--batch', '12,345', 'Write 12345, without separators.'],
    ['--batch', '12\u202f345', 'Write 12345, without separators.'],
    ['--batch', '12.345', 'Give a whole number of at least 1.'],
    ['--seed', '-1', 'Give a whole number of at least 0.'],
    ['--kv-cache', 'yes', 'Use one of on, off.'],
    ['--zero', '01', 'Use one of 0, 1, 2, 3.'],
    ['--checkpointing', 'every=0', 'Use none, full, selective or every=N.'],
    ['--dropout', '1', 'Give a number from 0 to below 1.'],
    ['--lengths', '3,x', 'Give a whole number of at least 1.'],
  ])('%s %s is refused with what would be valid', (flag, value, remedy) => {
    const wrong = flag === '--lengths' ? 'x' : value;
    expect(() => givenOptions(parse(flag, value))).toThrow(
      refusal(`${flag} cannot be "${wrong}".`, remedy),
    );
  });

  it('mean PyTorch where the bundled workload has no such thing', async () => {
    const framework = async (...args: string[]) =>
      (await resolveSpec(parse('--mode', 'train', ...args), { model: 'gpt2', framework: 'tfjs' }))
        .run.framework;
    expect(await framework()).toBe('tfjs');
    expect(await framework('--dp', '1')).toBe('pytorch');
    expect(await framework('--precision', 'bf16')).toBe('pytorch');
    expect(await framework('--model', 'llama-3-8b')).toBe('pytorch');
  });

  it('make a ragged batch as long as the longest', () => {
    expect(givenOptions(parse('--mode', 'train', '--lengths', '3, 5'))).toMatchObject({
      batch: 2,
      seq: 5,
      lengths: [3, 5],
    });
    expect(() => givenOptions(parse('--lengths', '3,5', '--seq', '5'))).toThrow(
      refusal(
        '--lengths gives batch and sequence already, and --seq was given too.',
        'Leave --seq out.',
      ),
    );
  });
});
