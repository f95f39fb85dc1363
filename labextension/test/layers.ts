/** Reads which file imports which, and finds circles and imports that go upward. */
import { readdirSync, readFileSync } from 'fs';
import { basename, dirname, extname, join, normalize, relative } from 'path';
import * as ts from 'typescript';

/** The layers, lowest first. A file imports from its own folder and from lower layers only. */
export const LAYERS = [
  ['api'],
  ['tokens'],
  ['model', 'components'],
  ['dialogs', 'newcluster', 'panel'],
  ['commands'],
  ['index']
];

/** The text of every source file by its path without extension, such as `api/request`. */
export type Sources = Record<string, string>;

/** The files that every file imports, `import type` and `import()` too. */
type Graph = Record<string, string[]>;

export function readSources(root: string): Sources {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = paths.filter(path => /(?<!\.d)\.tsx?$/.test(path));
  return Object.fromEntries(
    files.map(path => [name(path), readFileSync(join(root, path), 'utf8')])
  );
}

function name(path: string): string {
  return join(dirname(path), basename(path, extname(path)));
}

function graphOf(sources: Sources): Graph {
  const graph: Graph = {};
  for (const [file, text] of Object.entries(sources)) {
    graph[file] = ts
      .preProcessFile(text)
      .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => normalize(join(dirname(file), fileName)))
      .filter(target => target in sources);
  }
  return graph;
}

/** The circles among files, each as `a > b > a`. */
export function circles(sources: Sources): string[] {
  const graph = graphOf(sources);
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.push([...path.slice(start), file].join(' > '));
    } else if (!done.has(file)) {
      graph[file].forEach(target => visit(target, [...path, file]));
      done.add(file);
    }
  };
  Object.keys(graph).forEach(file => visit(file, []));
  return found;
}

/** The imports of another folder that is not in a lower layer, each as `a > b`. */
export function upwardImports(sources: Sources): string[] {
  return Object.entries(graphOf(sources)).flatMap(([file, targets]) =>
    targets
      .filter(target => folder(target) !== folder(file))
      .filter(target => layer(target) >= layer(file))
      .map(target => `${file} > ${target}`)
  );
}

function folder(file: string): string {
  return file.split('/')[0];
}

function layer(file: string): number {
  const found = LAYERS.findIndex(names => names.includes(folder(file)));
  if (found < 0) {
    throw new Error(`${file} is in no layer`);
  }
  return found;
}

export const SOURCE_ROOT = relative('.', join(__dirname, '..', 'src'));
