/**
 * A software Vulkan driver, so that the WebGPU backend is tested on machines without a GPU: the SwiftShader packed in
 * @sparticuz/chromium, inflated once into a cache folder (into a temporary one first, then renamed). Linux x64 only.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const require = createRequire(import.meta.url);

/** Why SwiftShader cannot be used here, or null. */
export function swiftshaderUnavailable(): string | null {
  if (process.platform === 'linux' && process.arch === 'x64') return null;
  return `the packed SwiftShader is for Linux x64 only, this is ${process.platform} ${process.arch}`;
}

/** Environment variables under which a child process finds SwiftShader as its only Vulkan driver. */
export function swiftshaderEnvironment(): Record<string, string> {
  const root = dirname(dirname(require.resolve('@sparticuz/chromium')));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const cache = join(dirname(dirname(root)), '.cache', 'plumbline', 'swiftshader');
  const folder = join(cache, version);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const temporary = mkdtempSync(join(cache, 'inflating-'));
    try {
      const tar = brotliDecompressSync(readFileSync(join(root, 'bin/swiftshader.tar.br')));
      execFileSync('tar', ['-x', '--no-same-owner', '-C', temporary], {
        input: tar,
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      renameSync(temporary, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error; // otherwise another worker was first
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  }
  return { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, 'vk_swiftshader_icd.json') };
}
