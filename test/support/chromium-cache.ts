/**
 * A Chromium for machines that have none: the one packed in @sparticuz/chromium, inflated once into a cache folder.
 * Everything is written to a temporary folder which is then renamed, so a half-written browser is never taken for a
 * whole one, and two test workers that begin at once do not disturb each other. Linux x64 only; needs no root.
 */
import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';

const require = createRequire(import.meta.url);
/** Raised when the layout of the folder changes, so that an older one is not used. */
const LAYOUT = 1;

export interface PackedChromium {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Folder of the archives, or null where the package is not installed. */
function archives(): { bin: string; version: string; modules: string } | null {
  try {
    const root = dirname(dirname(require.resolve('@sparticuz/chromium')));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { bin: join(root, 'bin'), version, modules: dirname(dirname(root)) };
  } catch {
    return null;
  }
}

/** Why the packed browser cannot be used here, or null. */
export function packedUnavailable(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `the packed Chromium is for Linux x64 only, this is ${process.platform} ${process.arch}`;
  if (!archives()) return 'the package @sparticuz/chromium is not installed';
  return null;
}

async function inflate(bin: string, target: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const temporary = mkdtempSync(`${target}-`);
  try {
    await pipeline(
      createReadStream(join(bin, 'chromium.br')),
      createBrotliDecompress(),
      createWriteStream(join(temporary, 'chromium'), { mode: 0o755 }),
    );
    for (const [archive, folder] of [
      ['al2023', 'al2023'],
      ['fonts', '.'],
      ['swiftshader', '.'],
    ] as const) {
      mkdirSync(join(temporary, folder), { recursive: true });
      const tar = brotliDecompressSync(readFileSync(join(bin, `${archive}.tar.br`)));
      execFileSync('tar', ['-x', '--no-same-owner', '-C', join(temporary, folder)], {
        input: tar,
        stdio: ['pipe', 'ignore', 'pipe'],
      });
    }
    // The final place, not the temporary one; without a configuration of its own Chromium draws no text at all.
    writeFileSync(
      join(temporary, 'fonts.conf'),
      `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n  <dir>${join(target, 'fonts')}</dir>\n` +
        `  <cachedir>${join(target, 'font-cache')}</cachedir>\n</fontconfig>\n`,
    );
    try {
      renameSync(temporary, target);
    } catch (error) {
      if (!existsSync(target)) throw error; // otherwise another worker was first, and its copy is as good
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The packed browser, inflated if need be (about 4 s the first time). Throws where `packedUnavailable()` says why. */
export async function packedChromium(): Promise<PackedChromium> {
  const reason = packedUnavailable();
  const source = archives();
  if (reason || !source) throw new Error(`No Chromium: ${reason}.`);
  const cache = join(source.modules, '.cache', 'plumbline', 'chromium');
  const folder = join(cache, `${source.version}-${LAYOUT}`);
  if (!existsSync(folder)) await inflate(source.bin, folder);
  for (const other of readdirSync(cache)) {
    // Left by older versions; what a worker is inflating just now begins with the current name.
    if (!other.startsWith(`${source.version}-${LAYOUT}`))
      rmSync(join(cache, other), { recursive: true, force: true });
  }
  const libraries = [join(folder, 'al2023', 'lib'), folder, process.env.LD_LIBRARY_PATH]
    .filter(Boolean)
    .join(':');
  return {
    executablePath: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}
