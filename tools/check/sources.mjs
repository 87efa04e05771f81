// The source files of the product and the imports written in them.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const SOURCE = /^(packages|apps)\/[^/]+\/(src|test|bin)\/.*\.(ts|tsx|mjs)$/;
const TEST = /(\.test\.tsx?$|\/test\/|^packages\/testkit\/|\/testing\/)/;

export const isSource = (file) =>
  SOURCE.test(file) && !file.includes('/gen/') && !file.endsWith('.d.ts');
export const isTest = (file) => TEST.test(file);

/** `packages/store` of `packages/store/src/db/keys.ts`. */
export const packageOf = (file) => file.split('/').slice(0, 2).join('/');

const STATEMENT =
  /(?:^|[;}\s])(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?(['"])([^'"\n]+)\2|\bimport\s*\(\s*(['"])([^'"\n]+)\4/g;

/** Every import and re-export of a file: its specifier, and whether types only. */
export function importsOf(text) {
  const code = withoutComments(text);
  return [...code.matchAll(STATEMENT)].map((match) => ({
    specifier: match[3] ?? match[5],
    typeOnly: match[1] !== undefined,
  }));
}

/** Comments that begin a line or follow a blank; a `//` inside a string follows no blank in our code. */
function withoutComments(text) {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** The file a specifier means, relative to the root, for imports between our own files; undefined for others. */
export function targetOf(file, specifier) {
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(file), specifier);
  const ours = /^@limpid\/([^/]+)(?:\/(.+))?$/.exec(specifier);
  if (!ours) return undefined;
  const folder = ours[1] === 'platform' ? 'apps/platform' : `packages/${ours[1]}`;
  return `${folder}/src/${ours[2] ?? 'index'}.ts`;
}

export function readAll(root, files) {
  return new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
}
