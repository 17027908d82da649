/** Runs `work` with an engine that is closed again whatever happens. */
import { createEngine, type Engine } from '../../engine/engine';

export async function withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = createEngine({ host: 'cli' });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
