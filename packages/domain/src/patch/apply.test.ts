import {
  AppSchema,
  ConceptSchema,
  create,
  DatasetVersionSchema,
  DeploymentSchema,
  equals,
  InputSchema,
  KeySchema,
  WorkflowSchema,
} from '@limpid/wire';
import { expect, test } from 'vitest';
import {
  applyPatch,
  appPatch,
  conceptPatch,
  datasetVersionPatch,
  deploymentPatch,
  inputPatch,
  keyPatch,
  workflowPatch,
} from './index.ts';
import { failure, run } from './patch-json.ts';

// --- actions ---

test.each([
  ['deployments', () => run(DeploymentSchema, deploymentPatch, 'merge', {}, {}), 'merge'],
  ['concepts', () => run(ConceptSchema, conceptPatch, 'remove', {}, {}), 'remove'],
  [
    'dataset versions',
    () => run(DatasetVersionSchema, datasetVersionPatch, 'merge', {}, {}),
    'merge',
  ],
  ['keys', () => run(KeySchema, keyPatch, 'merge', {}, {}), 'merge'],
  ['inputs', () => run(InputSchema, inputPatch, 'OVERWRITE', {}, {}), 'OVERWRITE'],
  ['apps', () => run(AppSchema, appPatch, '', {}, {}), ''],
])('%s refuse an action they do not take', (_name, attempt, action) => {
  expect(failure(attempt)).toMatchObject({
    code: 11102,
    details: `Invalid action: Unrecognized action '${action}'`,
  });
});

test('the result shares nothing with its arguments', () => {
  const current = create(WorkflowSchema, {
    id: 'w',
    nodes: [{ id: 'n1' }],
    metadata: { a: { b: 1 } },
  });
  const patch = create(WorkflowSchema, {
    nodes: [{ id: 'n2', model: { id: 'm' } }],
    metadata: { c: {} },
  });
  const result = applyPatch(WorkflowSchema, current, patch, 'merge', workflowPatch);
  for (const node of result.nodes) node.id += '!';
  Object.assign(result.metadata?.a ?? {}, { b: 2 });
  const fresh = create(WorkflowSchema, {
    id: 'w',
    nodes: [{ id: 'n1' }],
    metadata: { a: { b: 1 } },
  });
  expect(equals(WorkflowSchema, current, fresh)).toBe(true);
  expect(current.metadata).toEqual({ a: { b: 1 } });
  expect(patch.nodes[0]?.id).toBe('n2');
});
