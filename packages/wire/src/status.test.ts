import { expect, test } from 'vitest';
import { StatusCode, StatusCodeSchema } from './gen/proto/clarifai/api/status/status_code_pb.js';
import {
  alreadyExists,
  duplicateConcepts,
  duplicateInputId,
  insufficientScopes,
  internalError,
  invalidArgument,
  invalidKey,
  modelNotFound,
  notFound,
  permissionDenied,
  StatusError,
  statusInfo,
  throttled,
} from './status.ts';
import { documentedOnly, statusTable } from './status-table.ts';

const namesByNumber = new Map<number, string[]>();
for (const value of StatusCodeSchema.values) {
  namesByNumber.set(value.number, [...(namesByNumber.get(value.number) ?? []), value.name]);
}

test('every enum number is in the table under one of its names', () => {
  const wrong = [...namesByNumber].filter(
    ([number, names]) => !names.includes(statusInfo(number).name),
  );
  expect(wrong).toEqual([]);
});

test('every table row is in the enum or named as documented only', () => {
  const extra = statusTable.map(([code]) => code).filter((code) => !namesByNumber.has(code));
  expect(extra).toEqual([...documentedOnly]);
});

test('numbers and names are unique and ascending', () => {
  const codes = statusTable.map(([code]) => code);
  expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
  expect(new Set(statusTable.map(([, name]) => name)).size).toBe(statusTable.length);
});

test('http and audience agree in every row', () => {
  for (const [code, name, audience, http, description] of statusTable) {
    const row = `${code} ${name}`;
    expect(description, row).toMatch(/^[^\s].*[^\s]$/);
    if (audience === 'ok') expect([200, 202], row).toContain(http);
    if (audience === 'bug') expect(http, row).toBe(500);
    if (audience === 'later') expect([409, 429, 503, 504], row).toContain(http);
    if (audience === 'caller') {
      expect(http === 501 || http === 207 || (http >= 300 && http < 500), row).toBe(true);
    }
  }
});

test('names say what http says', () => {
  for (const [code, name, , http] of statusTable) {
    const row = `${code} ${name}`;
    if (/DOES_NOT_EXIST$|_MISSING$|_NOT_FOUND$/.test(name) && code !== 11009) {
      expect(http, row).toBe(404);
    }
    if (/PERMISSION_DENIED$/.test(name)) expect(http, row).toBe(403);
    if (/INVALID_(ARGUMENT|REQUEST)$/.test(name)) expect(http, row).toBe(400);
    if (/_UNCATEGORIZED$|UNEXPECTED_ERROR$/.test(name)) expect(http, row).toBe(500);
  }
});

// Texts that the official clients compare or print; see the numbers they belong to.
test.each([
  [10000, 'Ok'],
  [10010, 'Mixed Success'],
  [11005, 'Making too many requests'],
  [11008, 'Invalid API key or Invalid API key/application pair'],
  [11009, 'API key not found'],
  [11101, 'Resource does not exist'],
  [11102, 'Invalid request'],
  [21100, 'Model is trained and ready for deployment'],
  [21200, 'Model does not exist'],
  [30000, 'Download complete'],
  [30001, 'Download pending'],
  [30101, 'Input format unsupported'],
  [40001, 'Invalid request'],
  [40003, 'Invalid request'],
])('%i reads "%s"', (code, text) => {
  expect(statusInfo(code).description).toBe(text);
});

test('an unknown number is a bug, not a crash', () => {
  expect(statusInfo(12345)).toMatchObject({ code: 12345, http: 500, audience: 'bug' });
});

test('a status error carries code, texts and cause', () => {
  const cause = new Error('socket closed');
  const error = new StatusError(30002, { details: '404 from example.org', cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'StatusError',
    code: StatusCode.INPUT_FAILED,
    description: 'Download failed; check URL',
    details: '404 from example.org',
    cause,
  });
  expect(error.message).toBe('30002 Download failed; check URL: 404 from example.org');
  expect(new StatusError(11101, { description: 'Gone' }).description).toBe('Gone');
});

test('constructors carry the codes and texts clients wait for', () => {
  expect(notFound()).toMatchObject({ code: StatusCode.CONN_DOES_NOT_EXIST, details: '' });
  expect(modelNotFound()).toMatchObject({
    code: StatusCode.MODEL_DOES_NOT_EXIST,
    description: 'Model does not exist',
    details: 'Model does not exist',
  });
  expect(invalidKey().code).toBe(StatusCode.CONN_KEY_INVALID);
  expect(throttled(15).details).toBe('exceeded limit of 15 requests per second');
  expect(insufficientScopes(['Inputs:Add', '/clarifai.api.V2/PostInputs']).details).toContain(
    'Inputs:Add, /clarifai.api.V2/PostInputs',
  );
  expect(alreadyExists('App', 'x')).toMatchObject({
    code: StatusCode.DATABASE_DUPLICATE_KEY,
    details: "App with ID 'x' already exists",
  });
  expect(duplicateInputId()).toMatchObject({ code: 30100, details: 'Input has a duplicate ID.' });
  expect(duplicateConcepts(['cat']).details).toContain('duplicate');
  expect(permissionDenied('annotation', 'not yours').code).toBe(24156);
  expect(invalidArgument('x')).toMatchObject({ code: 11102, description: 'Invalid request' });
  expect(invalidArgument('x', 'input').code).toBe(StatusCode.INPUT_INVALID_ARGUMENT);
});

test('an internal error shows nothing of its cause', () => {
  const error = internalError(new Error('password=hunter2'));
  expect(error.code).toBe(StatusCode.INTERNAL_UNCATEGORIZED);
  expect(`${error.message} ${error.description} ${error.details}`).not.toContain('hunter2');
});
