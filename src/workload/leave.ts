/** The end of the process. */

/** Ends the process by hand, since a WebGPU instance keeps the event loop alive for as long as it exists. */
export function leave(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => void endProcess(code)));
}

/**
 * Once Dawn is loaded, the process ends without running destructors: a Vulkan driver's threads may still be at work
 * while exit() tears their objects down, and then an exit that was clean ends in a segmentation fault.
 */
async function endProcess(code: number): Promise<void> {
  if ('gpu' in navigator && process.platform !== 'win32') {
    try {
      const { default: koffi } = await import('koffi');
      koffi.load(null).func('void _exit(int)')(code);
    } catch {
      // Without the foreign-function library the ordinary way out is left.
    }
  }
  process.exit(code);
}
