import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerChapter } from '../../../../src/main/hosts/cli/commands/chapter';
import { registerFlops } from '../../../../src/main/hosts/cli/commands/flops';
import { registerScaling } from '../../../../src/main/hosts/cli/commands/scaling';
import type { Output } from '../../../../src/main/hosts/cli/output';
import { Failure } from '../../../../src/shared/base/failure';
import { toJson } from '../../../../src/shared/base/json';
import { chapterClaims, VERDICTS, verdictTotals } from '../../../../src/shared/chapter/claims';
import { claimsIn, judgeFigure } from '../../../../src/shared/chapter/claims/claim';
import { presetNames } from '../../../../src/shared/model/presets';
import { temporaryHome } from '../../../support/cli';

const REFERENCE = '../shared/reference';
const claims = chapterClaims();
const byId = new Map(claims.map((claim) => [claim.id, claim]));

const chapterText = () =>
  readdirSync(REFERENCE)
    .map((file) => readFileSync(`${REFERENCE}/${file}`, 'utf8'))
    .join('\n');

/** What the chapter starts from: sizes it picks (batch 32, 512 tokens), names (FP16, A100, GPT-3), and digits of its formulas. */
const GIVENS = new Set([
  ...[
    '0',
    '1',
    '2',
    '3',
    '4',
    '6',
    '8',
    '9',
    '10',
    '11',
    '12',
    '13',
    '16',
    '17',
    '20',
    '23',
    '24',
    '32',
    '40',
    '80',
    '100',
    '2022',
    '3070',
    '5000',
  ],
  ...[
    '64',
    '96',
    '128',
    '256',
    '512',
    '1024',
    '2048',
    '8192',
    '768',
    '3072',
    '12288',
    '110',
    '175',
    '289',
    '300',
    '311',
    '312',
    '534',
    '577',
    '50',
    '76',
    '120',
  ],
  ...['0.3', '0.7', '0.5', '0.28', '0.34', '1.3', '2.50', '500000', '1000'],
]);

/** Figures that stand in no quote and are neither given nor an operand that has its row where it was worked out. */
function figuresWithoutRow(): string[] {
  const printed = new Set(claims.map(({ printedText }) => printedText));
  const quotes = [...new Set(claims.map(({ quote }) => quote))];
  const prose = chapterText()
    .split('\n')
    .filter(
      (line) =>
        !/^(\\node|\\draw|[a-z_.]+ = |plt\.|for |def |import |print|if |else|return)/.test(line),
    );
  return prose.flatMap((line) => {
    const covered = quotes.flatMap((quote) =>
      [...line.matchAll(new RegExp(quote.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g'))].map(
        ({ index }) => [index, index + quote.length] as const,
      ),
    );
    return [...line.matchAll(/\d+(?:(?:,|\{,\})\d{3})*(?:\.\d+)?/g)].flatMap(
      ({ 0: text, index }) => {
        const digits = text.replace(/\{,\}|,/g, '');
        const known =
          GIVENS.has(digits) ||
          printed.has(digits) ||
          covered.some(([from, to]) => from <= index && index + text.length <= to);
        return known ? [] : [`${text} in: ${line.slice(Math.max(0, index - 30), index + 20)}`];
      },
    );
  });
}

describe('the rule of verdicts', () => {
  it.each([
    ['201', 201.326592, {}, 'rounded'],
    ['603', 603.979776, {}, 'wrong'],
    ['604', 603.979776, {}, 'rounded'],
    ['5.8', 13.8 - 8, {}, 'right'],
    ['6.4', 6.45, {}, 'rounded'],
    ['6.4', 6.46, {}, 'wrong'],
    ['500000', 500_500, {}, 'wrong'],
    ['500000', 500_500, { approximate: true }, 'rounded'],
    ['100', 67, { approximate: true }, 'wrong'],
    ['1.05e24', 1.0499e24, {}, 'rounded'],
    ['1.05e24', 1.056e24, {}, 'wrong'],
    ['60-70', 64.9, {}, 'rounded'],
    ['60-70', 70.4, {}, 'rounded'],
    ['60-70', 71, {}, 'wrong'],
    ['1.5-2', 1.99, {}, 'rounded'],
    ['-7', -7.07, {}, 'rounded'],
    ['0.1', null, {}, 'not-computable'],
  ] as const)('printed %s, computed %s %o is %s', (printed, computed, options, verdict) => {
    expect(judgeFigure(printed, computed, options)).toBe(verdict);
  });

  it.each([
    ['64', 214, 'at-most', 64, 'right'],
    ['64', 63, 'at-most', 63, 'wrong'],
    ['8', 1.8, 'at-least', 8, 'right'],
    ['40', 54, 'at-least', 54, 'wrong'],
  ] as const)(
    'printed %s with a bound of %d, %s, comes to %d: %s',
    (printed, bound, relation, computed, verdict) => {
      expect(claimsIn('')('', '', printed, '', bound, '', { relation })).toMatchObject({
        computed,
        bound,
        verdict,
      });
    },
  );
});

describe('the claims of the chapter', () => {
  it('are many, each with a name of its own, a short quote and one sentence of reason', () => {
    expect(claims.length).toBeGreaterThan(300);
    expect(byId.size).toBe(claims.length);
    for (const claim of claims) {
      expect([...claim.quote].length, claim.id).toBeLessThanOrEqual(60);
      expect(claim.why, claim.id).toMatch(/^[\S ]+\.$/);
      expect(claim.quote, claim.id).toBe(claim.quote.trim());
      expect(claim.measured).toBeNull();
      expect(claim.computed === null || Number.isFinite(claim.computed), claim.id).toBe(true);
    }
  });

  it('carry verdicts that follow from their own numbers', () => {
    for (const { id, printed, printedText, computed, verdict, approximate } of claims) {
      expect(judgeFigure(printedText, computed, { approximate }), id).toBe(verdict);
      expect(String(printed) === printedText || printed === Number(printedText), id).toBe(true);
      expect(verdict === 'not-computable', id).toBe(computed === null);
      if (computed === null) continue;
      const [low = 0, high = low] = String(printed)
        .split(/(?<=\d)-/)
        .map(Number);
      if (verdict === 'right')
        expect(Math.abs(computed - low), id).toBeLessThanOrEqual(1e-12 * Math.abs(low));
      // A figure that is equal at its printed digits is nowhere further off than half of its value.
      if (verdict === 'rounded')
        expect(
          computed >= low - Math.abs(low) / 2 && computed <= high + Math.abs(high) / 2,
          id,
        ).toBe(true);
      if (verdict === 'wrong') expect(computed, id).not.toBe(low);
    }
  });

  it('hold the printed digits in their quote', () => {
    for (const { id, quote, printedText } of claims) {
      const plain = quote
        .replaceAll('{,}', '')
        .replaceAll(',', '')
        .replaceAll('{', '')
        .replaceAll('}', '');
      const digits = printedText.replace(/^-/, '');
      // "twice", "n < d" and "1 trillion" have no digits of their own.
      const spelled = id.startsWith('ffn-twice') || digits === '1';
      if (!spelled) expect(plain, id).toContain(digits);
    }
  });

  it('count by verdict', () => {
    const totals = verdictTotals(claims);
    expect(VERDICTS.reduce((sum, verdict) => sum + totals[verdict], 0)).toBe(totals.all);
    expect(totals.all).toBe(claims.length);
    for (const verdict of VERDICTS) expect(totals[verdict]).toBeGreaterThan(10);
  });

  // Worked by hand from the definitions, apart from any function of the theory.
  it.each([
    ['regime-short-projections', (8 * 128 * 768 ** 2) / 1e6, 'wrong'],
    ['regime-long-attention', (4 * 8192 ** 2 * 768) / 1e9, 'rounded'],
    ['attention-2048-bytes', (12 * 2048 ** 2 * 4) / 1e6, 'rounded'],
    ['ffn-intermediate-total', (512 * 3072 * 4 * 12 * 32) / 1e9, 'wrong'],
    ['layers-total', (4 * 12 * (7 * 512 * 768 + 512 * 3072 + 12 * 512 ** 2)) / 1e6, 'wrong'],
    ['bert-attention-2048', (12 * 32 * 12 * 2048 ** 2 * 4) / 1e9, 'rounded'],
    ['padding-positions', 256 + 384 + 448, 'wrong'],
    ['padding-share', 53.125, 'wrong'],
    ['gpt3-cache', (2 * 96 * 2048 * 12_288 * 2) / 1e9, 'rounded'],
    ['gpt3-cache-batch', (8 * 2 * 96 * 2048 * 12_288 * 2) / 1e9, 'wrong'],
    ['gpt3-attention-printed', (2 * 2048 ** 2 * 12_288) / 1e12, 'wrong'],
    ['gpt3-forward-2p', (2 * 2048 * 175e9) / 1e12, 'rounded'],
    ['gpt3-days', 1.05e24 / (1024 * 312e12 * 0.5) / 86_400, 'rounded'],
    ['gpt3-price', 4_669_440, 'right'],
    ['optimum-n-billions', Math.sqrt(1e24 / 120) / 1e9, 'wrong'],
    ['recommendation', 20, 'wrong'],
    ['bench-theory', 128.5, 'wrong'],
    ['bench-cache', (2 * 12 * 256 * 768 * 4) / 1e6, 'wrong'],
    ['gpt2-parameters', 124.439808, 'wrong'],
    ['adamw-total', 16, 'right'],
    ['mixed-total', 18, 'right'],
    ['distilbert-parameters', 66.36288, 'rounded'],
    ['loss-chinchilla-printed', 1.69 + 406.4 / 289e9 ** 0.34 + 410.7 / 577e9 ** 0.28, 'wrong'],
    ['hardware-xl', 54, 'wrong'],
    ['checkpoint-time', 100 / 3, 'wrong'],
  ] as const)('%s comes to %d', (id, value, verdict) => {
    const claim = byId.get(id);
    expect(claim?.computed).toBeCloseTo(value, 6);
    expect(claim?.verdict).toBe(verdict);
  });

  const reference = existsSync(REFERENCE);
  it.skipIf(!reference)(
    reference
      ? 'quote the chapter word for word'
      : 'quote the chapter word for word (skipped: the chapter is not beside this checkout)',
    () => {
      const text = chapterText();
      for (const { id, quote } of claims) expect(text.includes(quote), id).toBe(true);
    },
  );

  it.skipIf(!reference)(
    reference
      ? 'leave no figure of the chapter without a row'
      : 'leave no figure of the chapter without a row (skipped: the chapter is not beside this checkout)',
    () => {
      expect(figuresWithoutRow()).toEqual([]);
    },
  );
});

describe('the commands', () => {
  const home = temporaryHome();
  beforeAll(() => vi.stubEnv('PLUMBLINE_HOME', home.dir));
  afterAll(() => {
    vi.unstubAllEnvs();
    home.dispose();
  });

  async function run(
    ...argv: string[]
  ): Promise<{ document: Record<string, unknown>; text: string }> {
    let shown: { document: Record<string, unknown>; text: string } | undefined;
    const output: Output = {
      json: false,
      result: (document, text) => {
        shown = { document: JSON.parse(toJson(document)) as Record<string, unknown>, text: text() };
      },
      say: () => {},
      tell: () => {},
      progress: () => {},
      part: () => {},
      echo: () => {},
      draw: () => {},
      endProgress: () => {},
    };
    const program = new Command().exitOverride();
    for (const register of [registerFlops, registerScaling, registerChapter])
      register(program, output);
    await program.parseAsync(['node', 'plumbline', ...argv]);
    if (!shown) throw new Error('nothing was printed');
    return shown;
  }

  it('prints the FLOPs of a batch, exact as text where a number cannot hold them', async () => {
    const { document, text } = await run('flops', '--model', 'gpt2', '--seq', '1024');
    expect(document).toMatchObject({
      forward: 291_648_307_200,
      train: 874_944_921_600,
      regime: 'short',
      crossover: { attentionEqualsProjections: 1536, attentionEqualsLayer: 4608 },
    });
    expect(text).toContain('291,648,307,200');
    expect(
      (await run('flops', '--model', 'gpt2-xl', '--seq', '1024', '--batch', '100000')).document
        .train,
    ).toBe('1052011069440000000');
    expect((await run('flops', '--seq', '1')).document.perToken).toBeGreaterThan(0);
  });

  it('times the batch on a GPU that is named', async () => {
    const { text } = await run('flops', '--seq', '512', '--gpu', 'rtx 3090', '--precision', 'fp16');
    expect(text).toContain('RTX 3090 at fp16');
    await expect(run('flops', '--gpu', 'Voodoo 2')).rejects.toBeInstanceOf(Failure);
  });

  it('answers for a budget and for a model, in the numbers people write', async () => {
    const budget = await run('scaling', '--compute', '1e24');
    expect(budget.document).toMatchObject({ compute: '1000000000000000000000000', given: null });
    expect((await run('scaling', '--params', '175B', '--tokens', '300B')).document).toMatchObject({
      compute: '315000000000000000000000',
      given: { verdict: 'undertrained' },
    });
    for (const bad of [
      ['--compute', 'lots'],
      ['--compute', '-1e24'],
      ['--params', '1B'],
      ['--compute', '0'],
    ])
      await expect(run('scaling', ...bad)).rejects.toThrow();
  });

  it('says what a budget takes on devices', async () => {
    const { document, text } = await run(
      'scaling',
      '--compute',
      '1.05e24',
      '--gpu',
      'a100 80gb',
      '--gpus',
      '1024',
      '--utilization',
      '0.5',
      '--price',
      '2.5',
    );
    const training = document.training as { days: number; cost: number };
    expect(training.days).toBeCloseTo(76.08, 2);
    expect(training.cost / 1e6).toBeCloseTo(4.674, 3);
    expect(text).toContain('76.08 days');
    await expect(
      run('scaling', '--compute', '1e24', '--gpu', 'T4', '--utilization', '40'),
    ).rejects.toBeInstanceOf(Failure);
    await expect(run('scaling', '--compute', '1e24', '--gpus', '8')).rejects.toBeInstanceOf(
      Failure,
    );
  });

  it.each(presetNames())('prints %s, training or not', async (model) => {
    const { document } = await run(
      'flops',
      '--model',
      model,
      '--seq',
      '64',
      '--mode',
      'train',
      '--causal',
      '--gpu',
      'H200',
      '--precision',
      'bf16',
    );
    expect(Number(document.train)).toBe(3 * Number(document.forward));
  });

  it('prints the claims, all or by verdict, within 100 columns', async () => {
    const all = await run('chapter');
    const wrong = await run('chapter', '--verdict', 'wrong');
    expect((all.document.claims as unknown[]).length).toBe(claims.length);
    expect(
      (wrong.document.claims as { verdict: string }[]).every(({ verdict }) => verdict === 'wrong'),
    ).toBe(true);
    expect(wrong.document.totals).toEqual(verdictTotals(claims));
    for (const line of all.text.split('\n'))
      expect([...line].length, line).toBeLessThanOrEqual(100);
    await expect(run('chapter', '--verdict', 'maybe')).rejects.toBeInstanceOf(Failure);
  });
});
