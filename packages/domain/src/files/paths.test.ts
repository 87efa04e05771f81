import { expect, test } from 'vitest';
import { type FileAddress, filePath, parseFilePath } from './paths.ts';

const place = { userId: 'ann', appId: 'my-app' };
const addresses: FileAddress[] = [
  { kind: 'upload', ...place, uploadId: 'u_1' },
  { kind: 'export', ...place, datasetId: 'd', versionId: 'v1', name: 'clarifai-data-json' },
];

test.each(addresses)('reads back what it writes: %j', (address) => {
  expect(parseFilePath(filePath(address))).toEqual(address);
});

test.each([
  '/files/users/ann/apps/my-app/uploads/',
  '/files/users/ann/apps/my-app/uploads/a/b',
  '/files/users/ann/apps/my-app/uploads/..',
  '/files/users/ann/apps/%2e%2e/uploads/u',
  '/files/users/ann/apps/a/datasets/d/versions/v/exports/coco',
  '/media/users/ann/apps/a/uploads/u',
])('knows none of its own in %s', (path) => {
  expect(parseFilePath(path)).toBeUndefined();
});
