/** What stands behind the last layer of a decoder, by the class that a config.json names. */
import type { ModelSpec } from '../model-spec';
import type { ConfigFile } from './family';

export type HeadFields = Pick<ModelSpec, 'lmHead' | 'classifier'>;

/** transformers' classes of decoders: a language model, a classifier of sequences (no bias), of tokens or spans, or none. */
export function decoderHead({ className, labels, refuse }: ConfigFile): HeadFields {
  if (className === undefined || LANGUAGE.test(className)) return {};
  if (/ForSequenceClassification$/.test(className))
    return { lmHead: false, classifier: { labels, bias: false } };
  if (/ForTokenClassification$/.test(className))
    return { lmHead: false, classifier: { labels, bias: true } };
  if (/ForQuestionAnswering$/.test(className))
    return { lmHead: false, classifier: { labels: SPAN_ENDS, bias: true } };
  if (/Model$/.test(className)) return { lmHead: false };
  return refuse(
    'architectures',
    className,
    'Known are …ForCausalLM, …ForSequenceClassification, …ForTokenClassification, …ForQuestionAnswering and the bare …Model.',
  );
}

const LANGUAGE = /(ForCausalLM|LMHeadModel|ForConditionalGeneration|ForImageTextToText)$/;

/** Start and end of a span. */
export const SPAN_ENDS = 2;
