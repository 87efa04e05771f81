import { type Method, methodByName, methods, type Route, type Verb } from './methods.ts';

export interface RouteMatch {
  readonly method: Method;
  readonly route: Route;
  /** By field path of the request: `user_app_id.user_id`. */
  readonly params: Record<string, string>;
}

export interface RestRouter {
  /**
   * The method behind a path without its query; the verbs allowed where only the verb is wrong.
   * `verb` is upper-case.
   */
  match(verb: string, path: string): RouteMatch | { readonly allowed: string[] } | undefined;
}

interface Collision {
  readonly verb: Verb;
  readonly template: string;
  readonly winner: string;
  readonly loser: string;
}

const app = '/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}';
const cluster = '/v2/users/{user_app_id.user_id}/compute_clusters';

/**
 * Bindings that two methods declare. Elsewhere literal segments beat parameters, from the left; here
 * nothing tells them apart, so each case is decided, and a new one fails at start.
 */
export const collisions: readonly Collision[] = [
  // The list had better be what a GET of the collection answers; the POST exists under the app.
  { verb: 'GET', template: '/v2/pipelines', winner: 'ListPipelines', loser: 'PostPipelines' },
  // Creating owns POST; patching gets the verb of every other Patch method, see `additions`.
  {
    verb: 'POST',
    template: `${cluster}/{compute_cluster_id}/nodepools/{nodepool_id}/runners`,
    winner: 'PostRunners',
    loser: 'PatchRunners',
  },
  // A GET has one JSON answer, which a stream without an end is not.
  {
    verb: 'GET',
    template: `${cluster}/{compute_cluster_id}/nodepools/{nodepool_id}/runners/{runner_id}/{log_type}/logs`,
    winner: 'ListLogEntries',
    loser: 'StreamLogEntries',
  },
  {
    verb: 'GET',
    template: `${cluster}/{compute_cluster_user_id}/{compute_cluster_id}/nodepools/{nodepool_id}/versions/{model_version_id}/{log_type}/logs`,
    winner: 'ListLogEntries',
    loser: 'StreamLogEntries',
  },
  // Release 12 replaced the one by the other at the same address.
  {
    verb: 'POST',
    template: `${app}/inputs/{input_id}/track_annotations/searches/stream`,
    winner: 'StreamAnnotations',
    loser: 'StreamTrackAnnotationsSearches',
  },
  {
    verb: 'POST',
    template: '/v2/inputs/{input_id}/track_annotations/searches/stream',
    winner: 'StreamAnnotations',
    loser: 'StreamTrackAnnotationsSearches',
  },
];

/** Bindings the descriptors lack, without which a method can't be reached over REST at all. */
export const additions: readonly { readonly method: string; readonly route: Route }[] = [
  {
    method: 'PatchRunners',
    route: {
      verb: 'PATCH',
      template: `${cluster}/{compute_cluster_id}/nodepools/{nodepool_id}/runners`,
      body: true,
    },
  },
];

interface Target {
  readonly method: Method;
  readonly route: Route;
  readonly names: readonly string[];
}

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  readonly targets: Map<string, Target>;
}

export function createRestRouter(): RestRouter {
  const root = createNode();
  for (const method of methods()) {
    for (const route of method.routes) insert(root, method, route);
  }
  for (const { method, route } of additions) insert(root, requireMethod(method), route);
  return { match: (verb, path) => match(root, verb, path) };
}

function requireMethod(name: string): Method {
  const method = methodByName(name);
  if (!method) throw new Error(`no method ${name}`);
  return method;
}

function createNode(): Node {
  return { literals: new Map(), parameter: undefined, targets: new Map() };
}

function insert(root: Node, method: Method, route: Route): void {
  const names: string[] = [];
  let node = root;
  for (const segment of route.template.slice(1).split('/')) {
    if (segment.startsWith('{')) {
      names.push(segment.slice(1, -1));
      node.parameter ??= createNode();
      node = node.parameter;
    } else {
      let next = node.literals.get(segment);
      if (!next) {
        next = createNode();
        node.literals.set(segment, next);
      }
      node = next;
    }
  }
  const taken = node.targets.get(route.verb);
  if (!taken || wins(method, taken.method, route)) {
    node.targets.set(route.verb, { method, route, names });
  }
}

/** Undecided collisions are a mistake of ours that must not become a silent choice. */
function wins(challenger: Method, holder: Method, { verb, template }: Route): boolean {
  const decided = collisions.find((c) => c.verb === verb && c.template === template);
  const names = [challenger.name, holder.name];
  if (!decided || !names.includes(decided.winner) || !names.includes(decided.loser)) {
    throw new Error(`${verb} ${template} is declared by ${names.join(' and ')}`);
  }
  return decided.winner === challenger.name;
}

function match(root: Node, verb: string, path: string): ReturnType<RestRouter['match']> {
  if (!path.startsWith('/')) return undefined;
  const segments = path.slice(1, path.endsWith('/') ? -1 : undefined).split('/');
  const allowed = new Set<string>();
  const values: string[] = [];
  const target = find(root, segments, 0, values, verb, allowed);
  if (target) {
    const params = readParams(target.names, values);
    return params && { method: target.method, route: target.route, params };
  }
  return allowed.size > 0 ? { allowed: [...allowed].sort() } : undefined;
}

/** Literal first, then parameter; backs out of a branch that has no method for the verb. */
function find(
  node: Node,
  segments: readonly string[],
  depth: number,
  values: string[],
  verb: string,
  allowed: Set<string>,
): Target | undefined {
  const segment = segments[depth];
  if (segment === undefined) {
    for (const known of node.targets.keys()) allowed.add(known);
    return node.targets.get(verb);
  }
  // Compared as sent: a percent-encoded literal is how a client names an id that looks like one.
  const literal = node.literals.get(segment);
  const found = literal && find(literal, segments, depth + 1, values, verb, allowed);
  if (found || !node.parameter || segment === '') return found;
  values.push(segment);
  const target = find(node.parameter, segments, depth + 1, values, verb, allowed);
  if (!target) values.pop();
  return target;
}

function readParams(
  names: readonly string[],
  values: readonly string[],
): Record<string, string> | undefined {
  try {
    return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(values[i] ?? '')]));
  } catch {
    // An escape that is no UTF-8 names nothing.
    return undefined;
  }
}
