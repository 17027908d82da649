/**
 * The bands of PyTorch's refined tier as formulas: what stands throughout in full, and of what comes and goes within a phase
 * its largest part; the rest is named. The tier itself (`budget/pytorch`) follows every tensor.
 */
import { contextBytes, cublasWorkspace, findGeneration } from '../budget/pytorch/device';
import { buildHead } from '../budget/pytorch/head';
import { countElements, type SavedTensor } from '../budget/pytorch/saved-tensor';
import { savedTensors } from '../budget/pytorch/saved-tensors';
import { type ElementBytes, elementBytes } from '../budget/pytorch/types';
import { countWeights } from '../budget/weights';
import { segmentLength } from '../model/checkpointing';
import { kvElementsPerToken } from '../model/kv';
import { bytesPerElement } from '../model/precision';
import { findStorage } from '../model/stored-precision';
import type { Part as WeightPart, WeightTensor } from '../model/weights/tensor';
import type { Question, TensorRow, Told } from './explanation';
import { type Formula, number, product, quotient, symbol } from './formula';
import { bytesEach, bytesOf, symbols } from './symbols';

export function explainPytorch(question: Question): Told {
  const types = elementBytes(question.run, question.model);
  if (question.run.mode === 'serve') return explainServing(question);
  return (EXPLAIN[question.component] ?? explainRest)(question, types);
}

type Explain = (question: Question, types: ElementBytes) => Told;

const AUTOCAST = 'half-precision copies that autocast keeps until backward has used them';
const EXPLAIN: Partial<Record<Question['component'], Explain>> = {
  params: explainWeights,
  master_params: explainWeights,
  gradients: explainGradients,
  adam_m: explainStates,
  adam_v: explainStates,
  momentum: explainStates,
  activations: explainActivations,
  logits: explainLogits,
  kv_cache: explainCache,
  inputs: explainInputs,
  workspace: explainWorkspace,
  context: explainContext,
};

const WEIGHT_NAMES: Readonly<Record<WeightPart, string>> = {
  embedding: 'embeddings',
  positions: 'positions',
  attention: 'attention',
  ffn: 'feed-forward networks',
  norms: 'norms',
  finalNorm: 'the last norm',
  head: 'the head',
};

const elements = ({ rows, columns, count }: WeightTensor): number => rows * columns * count;
const total = (tensors: readonly WeightTensor[]): number =>
  tensors.reduce((all, tensor) => all + elements(tensor), 0);

/** Weights part by part, each at the bytes of an element; what is quantized is told whole, with its scales. */
function explainWeights({ model, run, shard, component }: Question, types: ElementBytes): Told {
  const more = types.autocast
    ? `what is kept besides: ${AUTOCAST}, scales, what is gathered`
    : 'adapters, scales of quantized weights, other models';
  const told = { more, less: 'kept elsewhere, or narrower than an element', source: WEIGHTS };
  const isHome = component === (types.autocast && !types.quantized ? 'master_params' : 'params');
  if (!isHome || run.offload === 'all') return { ...told, more: AUTOCAST, parts: [] };
  const { tensors } = countWeights(model, run, shard);
  const storage = findStorage(model, run.precision);
  const share = run.mode === 'train' ? shard.parameterShare : 1;
  const parts = [...Map.groupBy(tensors, ({ part }) => part)].map(([part, rows]) => ({
    name: WEIGHT_NAMES[part],
    formula: quotient(
      product(weightBytes(storage?.bits, types, rows), symbol('P', total(rows), part)),
      symbol('z', share),
    ),
  }));
  return { ...told, parts };
}

/** Of a part that holds matrices of layers in a quantized model: the bare width. */
function weightBytes(
  bits: number | undefined,
  types: ElementBytes,
  rows: readonly WeightTensor[],
): Formula {
  const isNarrow =
    bits !== undefined && types.quantized && rows.some(({ role }) => role !== undefined);
  return bytesEach(isNarrow ? bits / 8 : types.weight);
}

const WEIGHTS =
  'The model’s weights, tensor by tensor, as its code registers them; a block of memory holds each (PyTorch, nn.Module.to)';

function trainedSymbol(question: Question): Formula {
  const { model, run, shard } = question;
  const { tensors, trained } = countWeights(model, run, shard);
  return tensors === trained ? symbol('P', total(trained)) : symbol('P', total(trained), 'trained');
}

function explainGradients(question: Question, types: ElementBytes): Told {
  const { shard } = question;
  return {
    parts: [
      {
        name: 'of every weight that trains',
        formula: quotient(
          product(bytesEach(types.gradient), trainedSymbol(question)),
          symbol('z', shard.gradientShare),
        ),
      },
    ],
    more: 'summed up with others, or not scattered yet',
    less: 'not made yet at the phase’s highest moment, or gone already',
    source:
      'autograd leaves one gradient a weight (torch/csrc/autograd/functions/accumulate_grad.h), cast to the weight’s own type on its way (input_metadata.h, grad_dtype)',
  };
}

function explainStates(question: Question, types: ElementBytes): Told {
  const { run, shard } = question;
  const bytes = run.optimizer === 'adam8bit' ? 1 : types.state;
  return {
    parts: [
      {
        name: 'like the weights that train',
        formula: quotient(
          product(bytesEach(bytes), trainedSymbol(question)),
          symbol('z', shard.stateShare),
        ),
      },
    ],
    more: 'rounded up to whole elements and whole ranks, or kept wider where tensors are small',
    less: 'of other weights alone, paged to the host, or not made yet',
    source: 'torch.optim keeps each state as a tensor like its weight, from the first step on',
  };
}

/** Layers times what one saves; with checkpoints the stream between segments, and one segment saved anew. */
function explainActivations({ model, run, shard }: Question, types: ElementBytes): Told {
  const rest = {
    more: 'of the moment: what the layer at work holds, norms and head, positions',
    less: 'freed by then: layers that backward is done with, or kept on the host',
    source:
      'What autograd saves for backward, layer by layer, read off the model’s code in transformers (modeling files) and PyTorch’s derivatives.yaml',
  };
  if (run.mode !== 'train') return { ...rest, parts: [] };
  const { B, n, d, L, m } = symbols(model, run, shard);
  const rows = savedTensors(model, run, shard, types).map(asRow);
  const kept = run.checkpointing === 'selective' ? rows.filter(({ scores }) => !scores) : rows;
  const a = symbol(
    'a',
    kept.reduce((all, { bytes }) => all + bytes, 0),
  );
  const inFlight = shard.inFlight === 1 ? number(1) : m;
  const segment = segmentLength(run.checkpointing) ?? (run.checkpointing === 'full' ? 1 : null);
  const tensors = kept.map(({ scores: _scores, ...row }) => row);
  if (segment === null)
    return {
      ...rest,
      tensors,
      parts: [{ name: 'saved by the layers', formula: product(inFlight, L, a) }],
    };
  const k = symbol('k', segment);
  return {
    ...rest,
    tensors,
    parts: [
      {
        name: 'a checkpoint before every segment',
        formula: product(inFlight, quotient(L, k), B, n, d, bytesEach(types.residual)),
      },
      { name: 'one segment, saved anew', formula: product(k, a) },
    ],
  };
}

function asRow(tensor: SavedTensor): TensorRow & { scores: boolean } {
  const { name, shape, element, count, scores } = tensor;
  return { name, shape, element, count, scores, bytes: countElements(tensor) * element * count };
}

function explainLogits({ model, run, shard, phase }: Question, types: ElementBytes): Told {
  const { B, n, V, t } = symbols(model, run, shard);
  const told = {
    more: 'what sampling and the loss hold besides',
    less: 'gone by then',
    source:
      'The head and the loss as transformers computes them (loss/loss_utils.py): logits, a copy in fp32 where they are narrower, log-softmax, and in backward the gradient of each',
  };
  if (run.mode !== 'train') {
    const rows = run.mode === 'generate' ? B : product(B, n);
    return {
      ...told,
      parts: [{ name: 'logits', formula: product(bytesEach(types.compute), rows, quotient(V, t)) }],
    };
  }
  const head = buildHead(model, run, shard, types);
  const count = run.batch * run.seq * Math.ceil(model.vocab / shard.tensor);
  const each = (phase === 'forward' ? head.forward : head.backward).requested / count;
  return {
    ...told,
    parts: [
      {
        name: 'logits, loss and their gradients',
        formula: product(bytesEach(each), B, n, quotient(V, t)),
      },
    ],
  };
}

function explainCache({ model, run, shard, phase }: Question): Told {
  const length =
    run.mode === 'generate' && phase === 'decode'
      ? run.promptTokens + run.tokens - 1
      : run.promptTokens;
  const layers =
    (model.decoderLayers ? shard.decoderLayers : shard.layers) -
    (model.linearAttention?.layers.length ?? 0) -
    (model.sharedKeys?.layers ?? 0);
  const share = model.latentAttention ? 1 : shard.kvSplit;
  return {
    parts: [
      {
        name: 'keys and values',
        formula: quotient(
          product(
            symbol('L', layers, model.decoderLayers ? 'dec' : undefined),
            symbol('B', run.batch),
            symbol('n', run.mode === 'infer' ? run.seq : length),
            symbol('e', kvElementsPerToken(model)),
            bytesOf(run.kvPrecision),
          ),
          symbol('t', share),
        ),
      },
    ],
    more: 'the layer at work holds its old keys and values beside the new ones; states, cross-attention and wider heads of layers over all tokens',
    less: 'of layers that look at a window alone',
    source:
      'transformers’ DynamicCache appends by concatenation, layer by layer (cache_utils.py, DynamicLayer.update)',
  };
}

function explainInputs({ model, run, shard }: Question): Told {
  const { B, n } = symbols(model, run, shard);
  const isTraining = run.mode === 'train';
  const tensors = model.decoderLayers ? 3 : 2;
  return {
    parts: isTraining
      ? [
          { name: 'token ids and labels, 64-bit', formula: product(8, tensors, B, n) },
          { name: 'positions', formula: product(8, n) },
        ]
      : [],
    more: isTraining ? 'what the model is given besides' : 'token ids, positions and masks, 64-bit',
    less: 'not there at this moment',
    source: 'int64, as tokenizers and collators of transformers give them',
  };
}

function explainWorkspace(question: Question, types: ElementBytes): Told {
  const { run } = question;
  const threads = run.mode === 'train' ? 2 : 1;
  const cublas = {
    name: 'cuBLAS, once a thread that multiplies',
    formula: product(threads, number(cublasWorkspace(run.gpu))),
  };
  const source =
    'PyTorch’s ATen/cuda/CublasHandlePool.cpp: the workspace by GPU generation, never given back';
  const rest = {
    more: 'temporaries of the kernels at the highest moment: gradients on their way, copies, what the optimizer holds at once',
    less: 'not taken yet',
  };
  if (!holdsRoots(question)) return { parts: [cublas], ...rest, source };
  const roots = quotient(
    product(bytesEach(types.state), trainedSymbol(question)),
    symbol('z', question.shard.stateShare),
  );
  return {
    parts: [{ name: '√v of every weight that trains, all at once', formula: roots }, cublas],
    ...rest,
    source: `Adam’s foreach kernels take the root of every v before the first weight is updated (torch/optim/adam.py, _multi_tensor_adam; fused kernels hold none). ${source}`,
  };
}

/** Whether the band is of Adam's update by its foreach kernels on the device. */
const holdsRoots = ({ run, phase }: Question): boolean =>
  phase === 'optimizer' &&
  (run.optimizer === 'adam' || run.optimizer === 'adamw') &&
  run.optimizerKernel !== 'fused' &&
  !run.pagedOptimizer &&
  !run.optimizerInBackward &&
  (run.offload ?? 'none') === 'none';

function explainContext({ run }: Question): Told {
  return {
    parts: [
      {
        name: `CUDA context and kernels (${findGeneration(run.gpu)})`,
        formula: number(contextBytes(run.gpu)),
      },
    ],
    more: 'more',
    less: 'less',
    source:
      'Measured by others and published: Volta 1,343 MiB (transformers’ docs), Ampere 256 MiB (invoke-ai/InvokeAI#9413), Ada 426 MiB (unslothai/unsloth-zoo#1053); where nothing is published, Ada’s stands in',
  };
}

const RESERVE =
  'PyTorch’s caching allocator: blocks of whole 512 B in segments of 2 MiB, 20 MiB or, past 10 MiB, whole 2 MiB, which it keeps (c10/core/AllocatorConfig.h, c10/cuda/CUDACachingAllocator.cpp)';

function explainRest({ component }: Question): Told {
  if (component === 'reserve')
    return {
      parts: [],
      more: 'segments the allocator has taken beyond what its tensors hold: the highest moment so far, rounded up',
      less: 'none',
      source: RESERVE,
    };
  return {
    parts: [],
    more: 'told tensor by tensor',
    less: 'none',
    source: 'Every tensor that the framework’s code makes (shared/budget/pytorch)',
  };
}

function explainServing({ model, run, shard, component }: Question): Told {
  const cached = {
    name: 'keys and values, in whole blocks',
    formula: product(
      symbol('L', shard.layers),
      symbol('B', run.batch),
      symbol('n', run.seq),
      quotient(symbol('e', kvElementsPerToken(model)), symbol('t', shard.kvSplit)),
      bytesEach(bytesPerElement(run.kvPrecision)),
    ),
  };
  const weights = {
    name: 'weights',
    formula: product(
      bytesEach(bytesPerElement(run.precision)),
      symbol('P', sumWeights(model, run, shard)),
    ),
  };
  const parts = { kv_cache: [cached], params: [weights] };
  return {
    parts: component === 'kv_cache' || component === 'params' ? parts[component] : [],
    more: 'rounded up, or set aside for passes, sampling and libraries',
    less: 'narrower than that',
    source:
      'The engine’s own profile run and block manager (vLLM, SGLang, llama.cpp), as budget/serving cites them',
  };
}

const sumWeights = (
  model: Question['model'],
  run: Question['run'],
  shard: Question['shard'],
): number => total(countWeights(model, run, shard).tensors);
