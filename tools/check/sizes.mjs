// Long files: the five worst are shown, more than the most is a problem.
import * as house from './rules.mjs';
import { readAll } from './sources.mjs';

const CODE = /\.(ts|tsx|mjs|cjs|js|py|sh)$/;

export function checkSizes({ root, files, rules = house }) {
  const sizes = [
    ...readAll(
      root,
      files.filter((file) => CODE.test(file) && !rules.longFiles.includes(file)),
    ),
  ]
    .map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
    .sort((a, b) => b.lines - a.lines || (a.file < b.file ? -1 : 1));
  const gone = rules.longFiles.filter((file) => !files.includes(file));
  return {
    problems: [
      ...sizes
        .filter(({ lines }) => lines > rules.lines.most)
        .map(({ file, lines }) => `${file} has ${lines} lines, the most is ${rules.lines.most}`),
      ...gone.map((file) => `tools/check/rules.mjs names ${file}, which is gone`),
    ],
    notes: sizes
      .slice(0, 5)
      .map(
        ({ file, lines }) =>
          `${String(lines).padStart(4)} ${file}${lines > rules.lines.look ? '  (look hard)' : ''}`,
      ),
  };
}
