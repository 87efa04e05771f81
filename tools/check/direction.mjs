// Who imports whom: between packages, between the rooms of the server, and who may start processes.
import * as house from './rules.mjs';
import { importsOf, isSource, isTest, packageOf, readAll, targetOf } from './sources.mjs';

const SPAWNING = /^(node:)?(child_process|worker_threads|cluster)$/;
const SERVER = 'packages/server/src/';

export function checkDirection({ root, files, rules = house }) {
  const problems = [];
  for (const [file, text] of readAll(root, files.filter(isSource))) {
    for (const { specifier, typeOnly } of importsOf(text)) {
      const problem = judge(file, specifier, typeOnly, rules);
      if (problem) problems.push(`${file}: ${problem}`);
    }
  }
  return { problems };
}

function judge(file, specifier, typeOnly, rules) {
  if (SPAWNING.test(specifier)) {
    const allowed = isTest(file) || rules.spawners.some((folder) => file.startsWith(folder));
    return allowed ? undefined : `${specifier} only in ${rules.spawners.join(', ')} and tests`;
  }
  const target = targetOf(file, specifier);
  if (!target) return undefined;
  return (
    betweenPackages(file, target, specifier, rules) ?? betweenRooms(file, target, typeOnly, rules)
  );
}

function betweenPackages(file, target, specifier, rules) {
  const from = packageOf(file);
  const to = packageOf(target);
  if (from === to)
    return specifier.startsWith('@limpid/')
      ? `imports itself as ${specifier}: use a relative path`
      : undefined;
  if (specifier.startsWith('.')) return `leaves its package by ${specifier}: use @limpid/<name>`;
  if (isTest(file)) return undefined;
  if (to === 'packages/testkit') return 'only tests import testkit';
  if (!rules.packages[from]) return `${from} stands in no rule: add it to tools/check/rules.mjs`;
  return rules.packages[from].includes(to) ? undefined : `${from} may not import ${to}`;
}

function betweenRooms(file, target, typeOnly, rules) {
  if (!file.startsWith(SERVER) || !target.startsWith(SERVER) || isTest(file)) return undefined;
  const from = file.slice(SERVER.length);
  const to = target.slice(SERVER.length);
  if (rules.serverRoots.includes(from)) return undefined;
  if (rules.serverLeaves.includes(to)) return undefined;
  if (rules.serverLeaves.includes(from))
    return typeOnly ? undefined : `a leaf may import no room at run time (${to})`;
  const [room, flow] = from.split('/');
  const [toRoom, toFlow] = to.split('/');
  if (!from.includes('/'))
    return `${from} is no room, leaf or root of the server: name it in tools/check/rules.mjs`;
  if (!rules.serverRooms[room])
    return `the room ${room} stands in no rule: add it to tools/check/rules.mjs`;
  if (room !== toRoom) {
    return rules.serverRooms[room].includes(toRoom)
      ? undefined
      : `room ${room} may not import ${to}`;
  }
  return room === 'flows' && flow !== toFlow ? betweenFlows(flow, toFlow, rules) : undefined;
}

function betweenFlows(flow, toFlow, rules) {
  const step = (name) => {
    const found = rules.flowSteps.findIndex((names) => names.includes(name));
    return found < 0 ? rules.flowSteps.length : found;
  };
  return step(toFlow) < step(flow) ? undefined : `flow ${flow} may not import flow ${toFlow}`;
}
