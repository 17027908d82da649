/** The textbook tier's bands as formulas: the chapter's own list, which `budget/textbook` computes. */
import { countRankParameters } from '../budget/weights';
import { segmentLength } from '../model/checkpointing';
import { kvElementsPerToken } from '../model/kv';
import { bytesPerElement, isMixed } from '../model/precision';
import type { Question, Told } from './explanation';
import { type Formula, power, product, quotient, sum, symbol } from './formula';
import { bytesEach, bytesOf, symbols } from './symbols';

const ZERO =
  'Rajbhandari et al., ZeRO (arXiv 1910.02054), section 3: 16 bytes a parameter in fp32 Adam, 18 in mixed precision';
const LIST =
  'The chapter’s list of activations, by layer: seven tensors of B·n·d, one of B·n·d_ff, the attention weights B·h·n²; sharded as in Korthikanti et al. (arXiv 2205.05198)';
const CACHE = 'Keys and values of every layer, token and key-value head';
const EXACT = { more: 'rounding', less: 'rounding' } as const;

export function explainTextbook(question: Question): Told {
  const { component } = question;
  switch (component) {
    case 'activations':
      return {
        parts: [{ name: 'what backward needs', formula: activations(question) }],
        ...EXACT,
        source: LIST,
      };
    case 'kv_cache':
      return { parts: cached(question), ...EXACT, source: CACHE };
    default:
      return {
        parts: [{ name: 'in all', formula: perParameter(question) }],
        ...EXACT,
        source: ZERO,
      };
  }
}

/** Bytes a parameter, and over how many ranks they are sharded. */
function perParameter({ model, run, shard, component }: Question): Formula {
  const { held, trained } = countRankParameters(model, run, shard);
  const isTraining = run.mode === 'train';
  const P = symbol('P', held);
  if (component === 'params')
    return product(
      bytesOf(run.precision),
      quotient(P, symbol('z', isTraining ? shard.parameterShare : 1)),
    );
  const learning = held === trained ? P : symbol('P', trained, 'trained');
  const state = isMixed(run.precision) ? 4 : Math.max(2, bytesPerElement(run.precision));
  if (component === 'gradients')
    return product(bytesEach(state), quotient(learning, symbol('z', shard.gradientShare)));
  const share = Math.max(shard.stateShare, shard.parameterShare);
  const each = component === 'master_params' ? 4 : state;
  const bytes = run.optimizer === 'adam8bit' && component !== 'master_params' ? 1 : each;
  return product(bytesEach(bytes), quotient(learning, symbol('z', share)));
}

/** 4·L·B·(7nd + n·d_ff + h·n²), as `textbookActivations` varies it. */
function activations({ model, run, shard }: Question): Formula {
  const { B, n, d, h, ff, L, t, s, m } = symbols(model, run, shard);
  const scores = run.checkpointing === 'selective' ? 0 : product(h, power(n, 2));
  const isSplit = shard.tensor > 1 || shard.sequence > 1;
  const split = (whole: number, shared: number, wide: Formula | number) =>
    isSplit
      ? sum(
          quotient(product(whole, n, d), s),
          quotient(sum(product(shared, n, d), wide, scores), t),
        )
      : sum(product(whole + shared, n, d), wide, scores);
  const plain = split(3, 4, product(n, ff));
  const decoder = symbol('L', model.decoderLayers ?? 0, 'dec');
  const layers = model.decoderLayers
    ? sum(product(sum(L, decoder), plain), product(decoder, split(2, 4, 0)))
    : product(L, plain);
  const inFlight = shard.inFlight === 1 ? 1 : m;
  const bytes = product(
    4,
    ...(run.precision === 'fp32' ? [] : [quotient(1, 2)]),
    layers,
    B,
    inFlight,
  );
  if (run.checkpointing === 'full') return quotient(bytes, 5);
  const segment = segmentLength(run.checkpointing);
  return segment === null ? bytes : quotient(bytes, symbol('k', segment));
}

/** Of an encoder-decoder the source's keys and values besides those of the tokens produced. */
function cached({ model, run, shard, phase }: Question): Told['parts'] {
  const isServing = run.mode === 'serve';
  const prompt = isServing ? Math.max(1, run.seq - 1) : run.promptTokens;
  const tokens = isServing ? 1 : run.tokens;
  const layers = symbol(
    'L',
    model.decoderLayers || shard.layers,
    model.decoderLayers ? 'dec' : undefined,
  );
  const share = model.latentAttention ? 1 : shard.kvSplit;
  const of = (length: Formula) =>
    quotient(
      product(
        layers,
        symbol('B', run.batch),
        length,
        symbol('e', kvElementsPerToken(model)),
        bytesOf(run.kvPrecision),
      ),
      symbol('t', share),
    );
  const n = (length: number) => symbol('n', length);
  if (!model.decoderLayers)
    return [
      {
        name: 'keys and values',
        formula: of(n(cachedLength(run.mode, phase, run.seq, prompt, tokens))),
      },
    ];
  const own = phase === 'prefill' ? 1 : tokens;
  return [
    {
      name: 'of the source',
      formula: of(symbol('n', run.mode === 'infer' ? run.seq : prompt, 'src')),
    },
    { name: 'of the tokens produced', formula: of(n(run.mode === 'infer' ? run.seq : own)) },
  ];
}

function cachedLength(
  mode: string,
  phase: string,
  seq: number,
  prompt: number,
  tokens: number,
): number {
  if (mode === 'infer') return seq;
  return phase === 'prefill' ? prompt : prompt + tokens;
}
