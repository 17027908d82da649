/**
 * The families Plumbline knows, one line each, and how the code of a model's family is written. A new family is a file
 * beside this one and a line in `FAMILIES`; its models are named in `../presets`.
 */
import type { ModelSpec } from '../model-spec';
import { ALBERT } from './albert';
import { APERTUS } from './apertus';
import { ARCEE } from './arcee';
import { BART } from './bart';
import { BERT } from './bert';
import { BLENDERBOT } from './blenderbot';
import { BLOOM } from './bloom';
import { CODEGEN } from './codegen';
import { COHERE } from './cohere';
import { DBRX } from './dbrx';
import { DEBERTA } from './deberta';
import { DEEPSEEK } from './deepseek';
import { DISTILBERT } from './distilbert';
import { ELECTRA } from './electra';
import { ERNIE45, ERNIE45_MOE } from './ernie';
import { EUROBERT } from './eurobert';
import { EXAONE_MOE, EXAONE4 } from './exaone';
import { FALCON } from './falcon';
import type { Family, Implementation } from './family';
import { GEMMA } from './gemma';
import { GEMMA4 } from './gemma4';
import { GLM, GLM_MOE, GLM_MOE_LITE } from './glm';
import { GPT_BIGCODE } from './gpt-bigcode';
import { GPT_NEO } from './gpt-neo';
import { GPT_OSS } from './gpt-oss';
import { GPT2 } from './gpt2';
import { GPTJ } from './gptj';
import { GRANITE } from './granite';
import { HELIUM } from './helium';
import { HUNYUAN } from './hunyuan';
import { INTERNLM2 } from './internlm2';
import { LLAMA } from './llama';
import { LLAMA4 } from './llama4';
import { M2M_100 } from './m2m-100';
import { MARIAN } from './marian';
import { MBART } from './mbart';
import { MINIMAX, MINIMAX_M2 } from './minimax';
import { MISTRAL } from './mistral';
import { MODERNBERT } from './modernbert';
import { MPT } from './mpt';
import { NEMOTRON } from './nemotron';
import { NEOX } from './neox';
import { NOMIC_BERT } from './nomic-bert';
import { FLEX_OLMO, OLMO, OLMO2, OLMOE } from './olmo';
import { OPT } from './opt';
import { PEGASUS } from './pegasus';
import { PHI, PHI3, PHIMOE } from './phi';
import { QWEN, QWEN_MOE, QWEN3_5, QWEN3_NEXT } from './qwen';
import { ROBERTA } from './roberta';
import { SEED_OSS } from './seed-oss';
import { SMOLLM3 } from './smollm3';
import { SOLAR_OPEN } from './solar-open';
import { STABLELM } from './stablelm';
import { STARCODER2 } from './starcoder2';
import { T5 } from './t5';
import { XGLM } from './xglm';

export const FAMILIES: readonly Family[] = [
  GPT2,
  GPT_BIGCODE,
  GPT_NEO,
  GPTJ,
  CODEGEN,
  NEOX,
  OPT,
  XGLM,
  BLOOM,
  FALCON,
  MPT,
  LLAMA,
  MISTRAL,
  LLAMA4,
  QWEN,
  QWEN_MOE,
  QWEN3_NEXT,
  QWEN3_5,
  GEMMA,
  GEMMA4,
  PHI,
  PHI3,
  PHIMOE,
  STABLELM,
  STARCODER2,
  COHERE,
  OLMO,
  OLMO2,
  OLMOE,
  GRANITE,
  GPT_OSS,
  GLM,
  GLM_MOE,
  GLM_MOE_LITE,
  DBRX,
  DEEPSEEK,
  MINIMAX,
  MINIMAX_M2,
  INTERNLM2,
  SEED_OSS,
  EXAONE4,
  NEMOTRON,
  ERNIE45,
  HUNYUAN,
  HELIUM,
  ARCEE,
  APERTUS,
  SMOLLM3,
  ERNIE45_MOE,
  EXAONE_MOE,
  SOLAR_OPEN,
  FLEX_OLMO,
  BERT,
  DISTILBERT,
  ROBERTA,
  ALBERT,
  ELECTRA,
  DEBERTA,
  MODERNBERT,
  EUROBERT,
  NOMIC_BERT,
  T5,
  BART,
  MBART,
  M2M_100,
  PEGASUS,
  MARIAN,
  BLENDERBOT,
];

const BY_NAME: ReadonlyMap<string, Family> = new Map(
  FAMILIES.map((family) => [family.name, family]),
);

/** How the family of `model` is implemented. */
export function findImplementation(model: ModelSpec): Implementation {
  const named = model.family === undefined ? undefined : BY_NAME.get(model.family);
  return (named ?? closestFamily(model)).implementation;
}

/**
 * For a model that names no family, or one of a later version: sessions recorded before models named it, and models
 * written by hand. The oldest family of that architecture, those positions and that many norms stands in.
 */
function closestFamily(model: ModelSpec): Family {
  const { architecture, positions, norm, relativeBuckets, layerNorms, experts, qkNorm } = model;
  const { tokenTypes, pooler } = model;
  if (model.latentAttention) return DEEPSEEK;
  if (architecture === 'encoder-decoder') return relativeBuckets === undefined ? BART : T5;
  if (layerNorms === 4) return GEMMA;
  if (experts && (experts.sharedGate || qkNorm === true)) return QWEN_MOE;
  if (positions !== 'learned') return norm === 'layernorm' ? NEOX : LLAMA;
  if (architecture === 'encoder') return tokenTypes === 0 && !pooler ? DISTILBERT : BERT;
  return GPT2;
}
