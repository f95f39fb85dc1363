/**
 * Measures what JupyterLab loads of the built extension together with the page, and fails if it is more
 * than LIMIT. It runs the extension's entry as JupyterLab does, and counts the files that this loads.
 *
 *     node labextension/test/pageload.mjs [folder of the built extension]
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createContext, Script } from 'node:vm';
import { gzipSync } from 'node:zlib';

/** Bytes after gzip. */
const LIMIT = 25_000;

const folder = process.argv[2] ?? 'jupyter_jobqueue/labextension';
const { name, jupyterlab } = JSON.parse(
  readFileSync(join(folder, 'package.json'), 'utf8')
);
const { load, extension, style } = jupyterlab._build;

const loaded = {};

/** Load a script and run it. */
function run(script) {
  const file = basename(new URL(script.src).pathname);
  const text = readFileSync(join(folder, 'static', file));
  loaded[file] = gzipSync(text).length;
  new Script(text.toString(), { filename: file }).runInContext(page);
  script.onload?.({ type: 'load', target: script });
}

/** As much of a page as the entry needs to load further scripts. */
const entry = { tagName: 'SCRIPT', src: `http://localhost/${load}` };
const page = createContext({
  clearTimeout,
  console: { ...console, warn() {} },
  document: {
    currentScript: entry,
    createElement: () => ({ setAttribute() {} }),
    getElementsByTagName: () => [],
    head: { appendChild: run }
  },
  setTimeout
});
page.self = page.window = page;

/** The packages that JupyterLab shares: here all of them, in a version that nobody bundles. */
function share(packages, name) {
  const version = { get: async () => () => ({}), from: 'JupyterLab' };
  packages[name] ??= { '999.0.0': version };
}
const shared = new Proxy(
  {},
  {
    get(packages, name) {
      share(packages, name);
      return packages[name];
    },
    getOwnPropertyDescriptor(packages, name) {
      share(packages, name);
      return Reflect.getOwnPropertyDescriptor(packages, name);
    }
  }
);

run(entry);
const container = page._JUPYTERLAB[name];
await container.init(shared);
await container.get(style);
await container.get(extension);
// JupyterLab prefers the newest version of a package. It loads one that the extension offers with the
// page, even if the extension itself would load it later.
for (const versions of Object.values(shared)) {
  await Promise.all(Object.values(versions).map(version => version.get()));
}

for (const [file, size] of Object.entries(loaded)) {
  console.log(`${String(size).padStart(7)}  ${file}`);
}
const total = Object.values(loaded).reduce((sum, size) => sum + size, 0);
console.log(`${String(total).padStart(7)}  loaded with the page, gzip`);
if (total > LIMIT) {
  console.error(`That is more than ${LIMIT} bytes.`);
  process.exitCode = 1;
}
