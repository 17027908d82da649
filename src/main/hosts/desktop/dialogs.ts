/** The questions and notices the desktop application itself has for a person. Each is a fact and what to do. */
import { type BrowserWindow, dialog, type MessageBoxOptions } from 'electron';

function show(
  window: BrowserWindow | null,
  options: MessageBoxOptions,
): Promise<{ response: number }> {
  return window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options);
}

/** Asked on quitting while sessions are being recorded; true: stop them properly and quit. */
export async function confirmQuit(
  window: BrowserWindow | null,
  names: readonly string[],
): Promise<boolean> {
  const { response } = await show(window, {
    type: 'question',
    message:
      names.length === 1
        ? `"${names[0]}" is still being recorded.`
        : `${names.length} sessions are still being recorded.`,
    detail: 'Quitting ends the workload and keeps everything recorded up to now.',
    buttons: ['Stop and Quit', 'Keep Recording'],
    defaultId: 1,
    cancelId: 1,
  });
  return response === 0;
}

export async function engineRestarted(
  window: BrowserWindow | null,
  logFile: string,
): Promise<void> {
  await show(window, {
    type: 'warning',
    message: 'The engine stopped unexpectedly and was started again.',
    detail: `A session that was being recorded is in the library as recovered. The cause is in ${logFile}.`,
    buttons: ['OK'],
  });
}

export async function engineLost(window: BrowserWindow | null, logFile: string): Promise<void> {
  await show(window, {
    type: 'error',
    message: 'The engine stopped again and was not restarted.',
    detail: `Recorded sessions are safe. Start Plumbline again; the cause is in ${logFile}.`,
    buttons: ['OK'],
  });
}
