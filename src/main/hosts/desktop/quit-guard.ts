/** Quitting asks first while sessions are being recorded, and lets the engine end every recording properly. */
import { app } from 'electron';
import { confirmQuit } from './dialogs';
import type { EngineHost } from './engine-host';
import type { MainWindow } from './main-window';

export class QuitGuard {
  readonly #engine: EngineHost;
  readonly #window: MainWindow;
  #mayQuit = false;
  #asking = false;

  /** Takes over `before-quit`. */
  constructor(engine: EngineHost, window: MainWindow) {
    this.#engine = engine;
    this.#window = window;
    app.on('before-quit', (event) => {
      if (this.#mayQuit) return;
      event.preventDefault();
      if (this.#asking) return;
      this.#asking = true;
      void this.#quit().finally(() => {
        this.#asking = false;
      });
    });
  }

  /** Whether the engine has been closed, so that nothing stands in the way. */
  get mayQuit(): boolean {
    return this.#mayQuit;
  }

  async #quit(): Promise<void> {
    const names = await this.#engine.recordings();
    if (names.length > 0 && !(await confirmQuit(this.#window.current, names))) return;
    await this.#engine.close();
    this.#mayQuit = true;
    app.quit();
  }
}
