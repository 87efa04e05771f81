import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { blobsContract } from './contract.ts';
import { openS3Blobs, parseS3Url } from './s3.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

// A real S3 service can't be assumed: whoever has one names a bucket on it here, which is made where it is missing.
const url = process.env.LIMPID_TEST_S3;
if (url) {
  blobsContract(`blobs in ${url}`, async () => {
    const { bucket, prefix: _prefix, ...place } = parseS3Url(url);
    const client = new S3Client({ ...place, credentials });
    await client.send(new CreateBucketCommand({ Bucket: bucket })).catch(() => undefined);
    client.destroy();
    return openS3Blobs(url, { credentials });
  });
}

test('an address names bucket, prefix, endpoint and region', () => {
  expect(parseS3Url('s3://pictures')).toEqual({
    bucket: 'pictures',
    prefix: '',
    region: 'us-east-1',
  });
  expect(parseS3Url('s3://pictures/a/b/?endpoint=http://127.0.0.1:9000&region=eu-west-3')).toEqual({
    bucket: 'pictures',
    prefix: 'a/b/',
    region: 'eu-west-3',
    endpoint: 'http://127.0.0.1:9000',
    forcePathStyle: true,
  });
});

test.each(['s3:///no-bucket', 's3://bucket?endpiont=http://x', 'https://bucket.s3.amazonaws.com'])(
  '%s is refused',
  (text) => expect(() => parseS3Url(text)).toThrow(),
);

/** What a service answers to every request, seen through the store. */
async function against(status: number, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/xml', connection: 'close' });
    response.end('<Error><Code>Some</Code><Message>reason</Message></Error>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await work(`s3://bucket?endpoint=http://127.0.0.1:${port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('a service in trouble is a "later", a refusal is not', async () => {
  const config = { credentials, maxAttempts: 1 };
  await against(503, async (address) => {
    await using blobs = openS3Blobs(address, config);
    await expect(blobs.check()).rejects.toMatchObject({ code: 40034 });
    await expect(blobs.put('a', Buffer.from('x'), { contentType: 'a/b' })).rejects.toMatchObject({
      code: 40034,
    });
  });
  await against(403, async (address) => {
    await using blobs = openS3Blobs(address, config);
    await expect(blobs.get('a')).rejects.not.toMatchObject({ code: 40034 });
  });
  await using gone = openS3Blobs('s3://bucket?endpoint=http://127.0.0.1:1', config);
  await expect(gone.check()).rejects.toMatchObject({ code: 40034 });
});
