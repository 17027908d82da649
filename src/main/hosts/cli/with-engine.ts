/** Runs `work` with an engine that is closed again whatever happens. The engine is loaded only then: help and refusals of wrong usage do without. */
import type { Engine } from '../../engine/engine';

export async function withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  const { createEngine } = await import('../../engine/engine');
  const engine = createEngine({ host: 'cli' });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
