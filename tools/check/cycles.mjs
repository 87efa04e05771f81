// Runtime import cycles between files. esbuild gives the graph with type-only imports erased.
import { build } from 'esbuild';
import { keepOurs } from './keep-ours.mjs';
import { isSource, isTest } from './sources.mjs';

export async function checkCycles({ root, files }) {
  const sources = files.filter((file) => isSource(file) && !isTest(file));
  if (sources.length === 0) return { problems: [] };
  const graph = await runtimeGraph(root, sources);
  const cycles = findCycles(graph);
  return {
    problems: cycles.map((cycle) => `runtime import cycle: ${cycle.join(' → ')} → ${cycle[0]}`),
    notes: [`${graph.size} files, ${cycles.length} cycles`],
  };
}

/** file → files that it imports when it runs. */
export async function runtimeGraph(root, sources) {
  const { metafile } = await build({
    // One entry that names every file: each is parsed once.
    stdin: {
      contents: sources.map((file) => `import ${JSON.stringify(`./${file}`)};`).join('\n'),
      resolveDir: root,
      sourcefile: 'all-sources.ts',
    },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    plugins: [keepOurs(root)],
  });
  const graph = new Map();
  for (const [file, input] of Object.entries(metafile.inputs)) {
    if (file === 'all-sources.ts') continue;
    graph.set(
      file,
      input.imports.filter((imported) => !imported.external).map((imported) => imported.path),
    );
  }
  return graph;
}

/** Strongly connected components of more than one file, and files that import themselves (Tarjan, without recursion). */
export function findCycles(graph) {
  const index = new Map();
  const low = new Map();
  const onStack = new Set();
  const stack = [];
  const cycles = [];
  for (const start of graph.keys()) {
    if (index.has(start)) continue;
    const work = [{ node: start, next: 0 }];
    while (work.length > 0) {
      const frame = work.at(-1);
      const { node } = frame;
      if (frame.next === 0) {
        index.set(node, index.size);
        low.set(node, index.get(node));
        stack.push(node);
        onStack.add(node);
      }
      const edges = graph.get(node) ?? [];
      if (frame.next < edges.length) {
        const target = edges[frame.next++];
        if (!index.has(target)) work.push({ node: target, next: 0 });
        else if (onStack.has(target)) low.set(node, Math.min(low.get(node), index.get(target)));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.node;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent), low.get(node)));
      if (low.get(node) === index.get(node)) takeComponent(node);
    }
  }
  return cycles;

  function takeComponent(node) {
    const component = stack.splice(stack.indexOf(node));
    for (const member of component) onStack.delete(member);
    if (component.length > 1 || (graph.get(node) ?? []).includes(node)) cycles.push(component);
  }
}
