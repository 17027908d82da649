/** What the window weighs on the wire. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export function measureSize(rendererDir: string): string {
  const files = readdirSync(rendererDir, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(js|css|html|svg)$/.test(file),
  );
  const sizes = files.map((file) => ({
    file,
    bytes: gzipSync(readFileSync(join(rendererDir, file))).length,
  }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = [...sizes].sort((a, b) => b.bytes - a.bytes).slice(0, 4);
  // What the page itself names: its script, what that imports outright, and its style.
  const page = readFileSync(join(rendererDir, 'index.html'), 'utf8');
  const named = [...page.matchAll(/(?:src|href)="(?:\.\/|\/)?(assets\/[^"]+)"/g)].map(
    ([, path]) => path,
  );
  const first = sizes
    .filter(({ file }) => file === 'index.html' || named.includes(file))
    .reduce((sum, { bytes }) => sum + bytes, 0);
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;
  return [
    `compressed renderer: ${kilobytes(total)} in ${files.length} files (limit 1500 kB), of which ${kilobytes(first)} are read before the first view`,
    ...largest.map(({ file, bytes }) => `  ${kilobytes(bytes).padStart(7)}  ${file}`),
  ].join('\n');
}
