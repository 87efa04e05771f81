import { expect, test } from 'vitest';
import { methodByName, methods } from './methods.ts';

test('every method of both releases is there, once', () => {
  const names = methods().map((method) => method.name);
  // 289 of release 11.11 and eight that 12 adds.
  expect(new Set(names).size).toBe(297);
  expect(names).toHaveLength(297);
});

test('a method carries what its descriptor declares', () => {
  const method = methodByName('PostInputs');
  expect(method).toMatchObject({
    name: 'PostInputs',
    path: '/clarifai.api.V2/PostInputs',
    kind: 'unary',
    auth: 'key',
    deprecated: false,
    routes: [
      {
        verb: 'POST',
        template: '/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/inputs',
        body: true,
      },
      { verb: 'POST', template: '/v2/inputs', body: true },
    ],
  });
  expect([...(method?.scopes ?? [])].sort()).toEqual([
    'Annotations:Add',
    'Annotations:Get',
    'Apps:Get',
    'Concepts:Get',
    'Inputs:Add',
    'Inputs:Get',
    'Models:Get',
    'Predict',
    'Workflows:Get',
  ]);
  expect(methodByName('postInputs')).toBeUndefined();
  expect(methodByName('constructor')).toBeUndefined();
});

test('the four kinds of authentication are all in use', () => {
  const of = (auth: string) => methods().filter((method) => method.auth === auth).length;
  expect(of('none')).toBe(3);
  expect(of('session')).toBe(2);
  expect(of('key') + of('pat')).toBe(292);
  expect(methodByName('GetDeployment')?.auth).toBe('pat');
});

test('scopes read as keys carry them', () => {
  const scopes = new Set(methods().flatMap((method) => method.scopes));
  const odd = [...scopes].filter((scope) => !/^[A-Z][A-Za-z]+:[A-Z][a-z]+$/.test(scope));
  expect(odd.sort()).toEqual(['Predict', 'Search']);
});

test('what release 12 changed of a method is merged into it', () => {
  expect(methodByName('GetDeployment')?.scopes).toContain('Runners:Get');
  expect(methodByName('PostArtifactVersionsUpload')?.auth).toBe('pat');
  expect(methodByName('PostModelMigration')?.routes).toHaveLength(2);
  expect(methodByName('ListPipelineVersionRunStatusLogs')?.scopes).toEqual([
    'Apps:Get',
    'Pipelines:Get',
    'Nodepools:Get',
    'PipelineVersionRunStatusLogs:Get',
  ]);
});

test('streams', () => {
  const streams = methods().filter((method) => method.kind !== 'unary');
  expect(streams.map((method) => `${method.name} ${method.kind}`).sort()).toEqual([
    'GenerateModelOutputs server_streaming',
    'PostArtifactVersionsUpload bidi_streaming',
    'PostModelVersionsUpload bidi_streaming',
    'PostPipelineStepVersionsUpload bidi_streaming',
    'ProcessRunnerItems bidi_streaming',
    'StreamAnnotations server_streaming',
    'StreamLivestreamAnnotations server_streaming',
    'StreamLogEntries server_streaming',
    'StreamModelOutputs bidi_streaming',
    'StreamTrackAnnotationsSearches server_streaming',
  ]);
});
