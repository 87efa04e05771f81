import { expect, test } from 'vitest';
import { covers, missingScopes, scopeSet } from './scopes.ts';

const endpoint = (name: string) => `/clarifai.api.V2/${name}`;
const postModelOutputs = {
  endpoint: endpoint('PostModelOutputs'),
  operations: ['Apps:Get', 'Concepts:Get', 'Models:Get', 'Predict'],
};
const postSearches = {
  endpoint: endpoint('PostSearches'),
  operations: [
    'Apps:Get',
    'Annotations:Get',
    'Concepts:Get',
    'Inputs:Get',
    'Models:Get',
    'Search',
    'Workflows:Get',
  ],
};
const listInputs = {
  endpoint: endpoint('ListInputs'),
  operations: ['Apps:Get', 'Annotations:Get', 'Concepts:Get', 'Inputs:Get'],
};
const postInputs = {
  endpoint: endpoint('PostInputs'),
  operations: ['Annotations:Add', 'Inputs:Add', 'Inputs:Get', 'Predict'],
};

test('predict operation with only the search endpoint searches but does not predict', () => {
  const key = scopeSet(['Search', 'Predict', endpoint('PostSearches')], []);
  expect(missingScopes(key, postSearches)).toEqual([]);
  expect(missingScopes(key, postModelOutputs)).toEqual([endpoint('PostModelOutputs')]);
});

test('predict key does not search', () => {
  const key = scopeSet(['Predict'], [endpoint('PostModelOutputs')]);
  expect(missingScopes(key, postModelOutputs)).toEqual([]);
  expect(missingScopes(key, postSearches)).toContain('Search');
});

test('a reading key reads, and every missing write scope is named', () => {
  const key = scopeSet(['Inputs:Get', endpoint('ListInputs')], []);
  expect(missingScopes(key, listInputs)).toEqual([]);
  expect(missingScopes(key, postInputs)).toEqual([
    'Annotations:Add',
    'Inputs:Add',
    'Predict',
    endpoint('PostInputs'),
  ]);
});

test('operations alone open no endpoint, endpoints alone grant no operation', () => {
  expect(missingScopes(scopeSet(['Inputs:Get'], []), listInputs)).toEqual([endpoint('ListInputs')]);
  expect(missingScopes(scopeSet([], [endpoint('ListInputs')]), listInputs)).toContain('Inputs:Get');
});

test('a writing scope implies reading, never other writes', () => {
  const key = scopeSet(['Inputs:Delete'], []);
  expect(key.operations.has('Inputs:Get')).toBe(true);
  expect(key.operations.has('Inputs:Add')).toBe(false);
});

test('a credential grants at most what it holds', () => {
  const narrow = scopeSet(['Inputs:Get', endpoint('ListInputs')], []);
  expect(covers(narrow, scopeSet(['All'], []))).toBe(false);
  expect(covers(narrow, scopeSet(['Concepts:Get'], []))).toBe(true);
  expect(covers(scopeSet(['All'], []), narrow)).toBe(true);
});
