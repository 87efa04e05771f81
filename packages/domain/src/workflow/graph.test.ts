import { StatusCode } from '@limpid/wire';
import { StatusError } from '@limpid/wire/status';
import { expect, test } from 'vitest';
import { findModelType } from '../model-types/registry.ts';
import { checkGraph, inOrderOfRun } from './graph.ts';

const node = (id: string, type: string, ...inputs: string[]) => {
  const manifest = findModelType(type);
  if (!manifest) throw new Error(`there is no type ${type}`);
  return { id, inputs, type: manifest };
};

function codeOf(nodes: Parameters<typeof checkGraph>[0]): number {
  try {
    checkGraph(nodes);
    return 0;
  } catch (error) {
    if (error instanceof StatusError) return error.code;
    throw error;
  }
}

test('nodes run after those that they take from, otherwise as defined', () => {
  const nodes = [
    { id: 'd', inputs: ['b', 'c'] },
    { id: 'a', inputs: [] },
    { id: 'c', inputs: ['a'] },
    { id: 'b', inputs: ['a'] },
    { id: 'e', inputs: [] },
  ];
  expect(inOrderOfRun(nodes).map(({ id }) => id)).toEqual(['a', 'e', 'c', 'b', 'd']);
});

test.each([
  ['itself', [['a', 'a']]],
  [
    'each other',
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
  ],
  ['in a ring behind a good start', [['x'], ['a', 'x', 'c'], ['b', 'a'], ['c', 'b']]],
])('nodes that wait for %s are refused', (_what, edges) => {
  const nodes = edges.map(([id = '', ...inputs]) => ({ id, inputs }));
  expect(codeOf(nodes)).toBe(StatusCode.WORKFLOW_INVALID_GRAPH);
});

test('references to no node, ids twice, no ids and too many nodes are refused', () => {
  expect(codeOf([{ id: 'a', inputs: ['b'] }])).toBe(StatusCode.WORKFLOW_NO_MATCHING_INPUT);
  const twice = [
    { id: 'a', inputs: [] },
    { id: 'a', inputs: [] },
  ];
  expect(codeOf(twice)).toBe(StatusCode.WORKFLOW_INVALID_GRAPH);
  expect(codeOf([{ id: ' ', inputs: [] }])).toBe(StatusCode.WORKFLOW_INVALID_ARGUMENT);
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `n${index}`, inputs: [] }));
  expect(codeOf(many(20))).toBe(0);
  expect(codeOf(many(21))).toBe(StatusCode.WORKFLOW_INVALID_ARGUMENT);
});

test.each([
  [
    'text read from an image goes on',
    [node('ocr', 'optical-character-recognizer'), node('llm', 'text-to-text', 'ocr')],
  ],
  [
    'vectors are grouped',
    [node('embed', 'visual-embedder'), node('cluster', 'clusterer', 'embed')],
  ],
  [
    'crops are named, the image being looked back for',
    [
      node('face', 'visual-detector'),
      node('crop', 'image-crop', 'face'),
      node('mood', 'visual-classifier', 'crop'),
    ],
  ],
  [
    'regions that were found are embedded from the image before',
    [node('find', 'visual-detector'), node('embed', 'visual-embedder', 'find')],
  ],
  [
    'concepts pass thresholds and are written down',
    [
      node('see', 'visual-classifier'),
      node('sure', 'concept-thresholder', 'see'),
      node('write', 'annotation-writer', 'sure'),
    ],
  ],
  [
    'anything goes on behind anything',
    [node('any', 'any-to-any'), node('see', 'visual-classifier', 'any')],
  ],
  [
    'a type that is not known fits',
    [node('embed', 'visual-embedder'), { id: 'x', inputs: ['embed'] }],
  ],
])('%s', (_what, nodes) => {
  expect(codeOf(nodes)).toBe(0);
});

test.each([
  ['text from a vector', [node('embed', 'visual-embedder'), node('llm', 'text-to-text', 'embed')]],
  ['a vector from concepts', [node('see', 'text-classifier'), node('group', 'clusterer', 'see')]],
])('there is no %s', (_what, nodes) => {
  expect(codeOf(nodes)).toBe(StatusCode.WORKFLOW_INVALID_GRAPH);
});
