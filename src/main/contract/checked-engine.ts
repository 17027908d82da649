/**
 * The engine for callers that are not trusted to keep to the contract: a page in a browser, whoever holds the token.
 *
 * Guarantees: a question that has not the shape its method asks for is refused with a sentence before the engine sees
 * it, whatever it is made of, and nothing but the methods of the contract can be called.
 */
import type { z } from 'zod';
import { Failure } from '../../shared/base/failure';
import { ENGINE_METHODS, type EngineApi, type EngineClient } from '../../shared/contract/api';
import { CALL_SCHEMAS } from './call-schemas';
import { refusePlain } from './plain-value';

type AnyMethod = (question: unknown, ...rest: readonly unknown[]) => Promise<unknown>;

/** `engine`, asked only what its methods take. Every refusal is the Failure `bad_input`, as a rejection. */
export function checkedEngine(engine: EngineClient): EngineClient {
  const checked = ENGINE_METHODS.map((method) => {
    const call: AnyMethod = async (question, ...rest) =>
      (engine[method] as AnyMethod)(parseQuestion(method, question), ...rest);
    return [method, call];
  });
  return { ...(Object.fromEntries(checked) as EngineApi), on: (listener) => engine.on(listener) };
}

function parseQuestion(method: keyof EngineApi, question: unknown): unknown {
  const why = refusePlain(question);
  if (why !== null) throw refused(method, `what it is asked with ${why}`);
  const schema: z.ZodType = CALL_SCHEMAS[method];
  const parsed = schema.safeParse(question);
  if (parsed.success) return parsed.data;
  const { path = [], message = '' } = parsed.error.issues[0] ?? {};
  throw refused(method, `${path.join('.') || 'what it is asked with'}: ${message}`);
}

const refused = (method: string, why: string): Failure =>
  new Failure(
    'bad_input',
    `The question "${method}" cannot be answered (${why.slice(0, 300)}).`,
    'Load the page again, so that the window and Plumbline are of one version.',
  );
