/**
 * What a packaged application runs on plain Node lies outside its archive: the workload, the supervisor, the helpers,
 * the Node they run on, and the packages that these load. This puts it together in one folder, pruned to one platform,
 * so that the packager copies a folder and decides nothing.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Entries of out/main that Electron's own binary does not run, beside the chunks that they share. */
const ENTRIES = ['supervisor.js', 'inventory-helper.js', 'sampling-thread.js'];
/** Of the folder `resources`, what a run needs; the rest serves tests and benchmarks. */
const RESOURCES = ['js', 'python', 'text', 'workloads', 'sessions'];
/** Packages that the entries and the workload load, with what those need. */
const PACKAGES = ['koffi', '@koromix', 'node-nvidia-smi', 'xml2js', 'sax', 'xmlbuilder', 'webgpu'];
/** Parts of packages that only serve to build them, and binaries of other platforms. */
const isPruned = (path, target) =>
  /node_modules\/koffi\/(vendor|doc)(\/|$)/.test(path) ||
  /node_modules\/koffi\/src\/.*\.(cc|hh|S|asm|inc|def|txt)$/.test(path) ||
  /node_modules\/webgpu\/build(\/|$)/.test(path) ||
  /node_modules\/xml2js\/lib\/xml2js\.bc\.js$/.test(path) ||
  /\/\.npmignore$/.test(path) ||
  // The Node that is shipped is built for glibc.
  /@koromix\/[^/]*\/musl_/.test(path) ||
  /__pycache__/.test(path) ||
  (dirname(path).endsWith('webgpu/dist') &&
    ![target, `${target.split('-')[0]}-universal`].includes(basename(path))) ||
  (dirname(path).endsWith('@koromix') && basename(path) !== `koffi-${target}`);

/** Where the Node of a platform lies among the dependencies; there is none for macOS, where it is put beside by hand. */
export function shippedNode(root, platform, arch) {
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  const binary = platform === 'win32' ? 'node.exe' : 'node';
  const places = [
    join(root, 'node_modules', name, 'bin', binary),
    join(root, 'packaging', 'node', binary),
  ];
  return places.find((place) => existsSync(place)) ?? null;
}

/** Fills `folder` for one platform from the finished build in `root`. Throws where something is missing. */
export function stage(root, folder, platform = process.platform, arch = process.arch) {
  const target = `${platform}-${arch}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const take = (from, to = from) => {
    const source = join(root, from);
    if (!existsSync(source))
      throw new Error(`${from} is missing. Build first: npm run build, after npm ci.`);
    cpSync(source, join(folder, to), {
      recursive: true,
      dereference: true,
      filter: (path) => !isPruned(path.replaceAll('\\', '/'), target),
    });
  };
  take('package.json');
  take('LICENSE', 'LICENSE.plumbline.txt');
  take('out/workload', 'workload');
  take('out/main/chunks', 'main/chunks');
  for (const entry of ENTRIES) take(`out/main/${entry}`, `main/${entry}`);
  for (const name of RESOURCES) take(`resources/${name}`);
  for (const name of PACKAGES) take(`node_modules/${name}`);
  const node = shippedNode(root, platform, arch);
  if (node === null)
    throw new Error(
      `There is no Node for ${target} to ship. Put its binary into packaging/node first.`,
    );
  const license = join(dirname(dirname(node)), 'LICENSE');
  if (existsSync(license)) cpSync(license, join(folder, 'node', 'LICENSE'), { dereference: true });
  const to = join(folder, 'node', basename(node));
  cpSync(node, to, { dereference: true });
  chmodSync(to, 0o755);
}
