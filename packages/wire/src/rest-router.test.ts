import { expect, test } from 'vitest';
import { methods } from './methods.ts';
import { additions, collisions, createRestRouter, type RouteMatch } from './rest-router.ts';

const router = createRestRouter();

function found(verb: string, path: string): RouteMatch {
  const result = router.match(verb, path);
  if (!result || 'allowed' in result) throw new Error(`${verb} ${path}: ${JSON.stringify(result)}`);
  return result;
}

/** A path for a template whose parameters can't be taken for a literal segment. */
const fill = (template: string) => template.replaceAll(/\{([^}]+)\}/g, (_, name) => `~${name}`);

test('every binding of every method reaches its method, or its collision is decided', () => {
  const lost = new Set<string>();
  for (const method of methods()) {
    for (const route of method.routes) {
      const hit = found(route.verb, fill(route.template));
      if (hit.method === method) {
        const names = [...route.template.matchAll(/\{([^}]+)\}/g)].map((m) => m[1] ?? '');
        expect(hit.params).toEqual(Object.fromEntries(names.map((name) => [name, `~${name}`])));
      } else {
        lost.add(`${route.verb} ${route.template}: ${hit.method.name} over ${method.name}`);
      }
    }
  }
  const decided = collisions.map((c) => `${c.verb} ${c.template}: ${c.winner} over ${c.loser}`);
  expect([...lost].sort()).toEqual(decided.sort());
});

test('the routes are the ones in routes.txt', async () => {
  const lines = methods().flatMap((method) =>
    method.routes.map((route) => {
      const winner = collisions.find((c) => c.verb === route.verb && c.template === route.template);
      const lost = winner && winner.loser === method.name ? ` (goes to ${winner.winner})` : '';
      return `${route.verb.padEnd(6)} ${route.template} ${method.name}${lost}`;
    }),
  );
  const extra = additions.map(
    ({ method, route }) => `${route.verb.padEnd(6)} ${route.template} ${method} (added)`,
  );
  await expect(`${[...lines, ...extra].join('\n')}\n`).toMatchFileSnapshot('../routes.txt');
});

test('a literal segment beats a parameter, per verb', () => {
  expect(found('GET', '/v2/concepts/knowledge_graphs').method.name).toBe('ListKnowledgeGraphs');
  expect(found('GET', '/v2/inputs/status').method.name).toBe('GetInputCount');
  expect(found('DELETE', '/v2/inputs/status').method.name).toBe('DeleteInput');
  expect(found('PATCH', '/v2/users/me/apps/ids').method.name).toBe('PatchAppsIds');
  expect(found('GET', '/v2/users/me/apps/ids').method.name).toBe('GetApp');
});

test('a percent-encoded literal is an id', () => {
  const hit = found('GET', '/v2/inputs/%73tatus');
  expect(hit.method.name).toBe('GetInput');
  expect(hit.params).toEqual({ input_id: 'status' });
});

test('the decided collisions', () => {
  expect(found('GET', '/v2/pipelines').method.name).toBe('ListPipelines');
  const runners = '/v2/users/me/compute_clusters/c/nodepools/n/runners';
  expect(found('POST', runners).method.name).toBe('PostRunners');
  expect(found('PATCH', runners).method.name).toBe('PatchRunners');
});

test('parameters are decoded after the path is split, and me passes through', () => {
  const { params } = found('GET', '/v2/users/me/apps/a%20b/inputs/x%2Fy%C3%A9');
  expect(params).toEqual({
    'user_app_id.user_id': 'me',
    'user_app_id.app_id': 'a b',
    input_id: 'x/yé',
  });
});

test('nested parameters keep their path', () => {
  const { params } = found('GET', '/v2/cloud_providers/aws/regions');
  expect(params).toEqual({ 'cloud_provider.id': 'aws' });
});

test('one trailing slash is accepted, an empty segment is not an id', () => {
  expect(found('GET', '/v2/inputs/').method.name).toBe('ListInputs');
  expect(found('GET', '/v2/inputs/x/').params).toEqual({ input_id: 'x' });
  expect(router.match('GET', '/v2/inputs//')).toBeUndefined();
  expect(router.match('GET', '/v2//inputs')).toBeUndefined();
});

test('a wrong verb tells the right ones, an unknown path nothing', () => {
  expect(router.match('PUT', '/v2/inputs')).toEqual({
    allowed: ['DELETE', 'GET', 'PATCH', 'POST'],
  });
  expect(router.match('GET', '/v2/nothing/here')).toBeUndefined();
  expect(router.match('GET', '/')).toBeUndefined();
  expect(router.match('GET', '')).toBeUndefined();
  expect(router.match('GET', '/v2/inputs/%E0%A4%A')).toBeUndefined();
  expect(router.match('GET', '/v2/__proto__/inputs')).toBeUndefined();
});
