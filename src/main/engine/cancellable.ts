/** The contract's methods with their second argument honoured: an answer that nobody waits for any more is not waited for. */
import { ENGINE_METHODS, type EngineApi } from '../../shared/contract/api';
import { type CallOptions, unlessCancelled } from '../../shared/contract/cancel';

type Method = (question?: unknown, options?: CallOptions) => Promise<never>;

export function cancellable(engine: EngineApi): EngineApi {
  const wrap =
    (name: keyof EngineApi): Method =>
    (question, options = {}) =>
      unlessCancelled(options.signal, () => (engine[name] as Method)(question, options));
  return Object.fromEntries(ENGINE_METHODS.map((name) => [name, wrap(name)])) as Record<
    keyof EngineApi,
    Method
  >;
}
