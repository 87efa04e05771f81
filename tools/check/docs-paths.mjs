// Paths that documents name must exist, so that a reader is never sent to a room that moved.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readAll } from './sources.mjs';

const CODE_SPAN = /`([^`\n]+)`/g;
const LINK = /\]\(([^)\s#]+)(?:#[^)]*)?\)/g;
/** A placeholder, a pattern or a command is no path. */
const NOT_A_PATH = /[<>*{}$|\s…,]|\.\.\.|^https?:/;
/** Made by a command, never committed. */
const MADE = /(^|\/)(dist|node_modules|gen|\.cache|\.limpid|\.venv)(\/|$)/;

export function checkDocsPaths({ root, files }) {
  const tops = new Set(
    files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]),
  );
  const problems = [];
  for (const [file, text] of readAll(
    root,
    files.filter((name) => name.endsWith('.md')),
  )) {
    for (const named of pathsIn(text, tops)) {
      if (MADE.test(named) || found(root, file, named)) continue;
      problems.push(`${file}: names ${named}, which is not there`);
    }
  }
  return { problems };
}

function pathsIn(text, tops) {
  const spans = [...text.matchAll(CODE_SPAN)]
    .map((match) => match[1])
    .filter((span) => span.includes('/') && tops.has(span.split('/')[0]) && !NOT_A_PATH.test(span));
  const links = [...text.matchAll(LINK)]
    .map((match) => match[1])
    .filter((link) => !/^[a-z]+:/.test(link));
  return [...new Set([...spans, ...links])].map((named) => named.replace(/[:#]\d+$/, ''));
}

function found(root, file, named) {
  return (
    existsSync(path.join(root, named)) || existsSync(path.join(root, path.dirname(file), named))
  );
}
