// Blobs in a bucket that speaks the S3 API. Credentials come from where the AWS tools look for them.
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { StatusError } from '@limpid/wire/status';
import {
  type Blob,
  type BlobInfo,
  type BlobSource,
  type Blobs,
  checkKey,
  checkPrefix,
  type GetOptions,
  lastByte,
  type PutOptions,
  RangeNotSatisfiable,
  type Stored,
} from './blobs.ts';
import { chunksOf, Digest } from './digest.ts';

const connectionError = 40034;
const firstPart = 8 * 1024 * 1024;
const deleteLimit = 1000;

/** `s3://bucket/prefix?endpoint=https://…&region=…`; with an endpoint the bucket stands in the path. */
export function openS3Blobs(url: string, config: S3ClientConfig = {}): Blobs {
  const { bucket, prefix, ...place } = parseS3Url(url);
  const client = new S3Client({
    // Newer checksums than a service asks for make older ones of other vendors refuse the request.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...place,
    ...config,
  });
  return new S3Blobs(client, bucket, prefix);
}

interface S3Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
  readonly endpoint?: string;
  readonly forcePathStyle?: boolean;
}

export function parseS3Url(text: string): S3Place {
  const url = new URL(text);
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  if (url.protocol !== 's3:' || url.hostname === '') {
    throw new Error(`${text} is not like s3://bucket/prefix?endpoint=…&region=…`);
  }
  const unknown = [...url.searchParams.keys()].find(
    (name) => !['endpoint', 'region'].includes(name),
  );
  if (unknown !== undefined) throw new Error(`${text} has the unknown setting ${unknown}`);
  const endpoint = url.searchParams.get('endpoint');
  return {
    bucket: url.hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: url.searchParams.get('region') ?? 'us-east-1',
    ...(endpoint !== null && { endpoint, forcePathStyle: true }),
  };
}

class S3Blobs implements Blobs {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(client: S3Client, bucket: string, prefix: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async put(key: string, body: BlobSource, options: PutOptions): Promise<Stored> {
    const place = this.#place(key);
    const digest = new Digest();
    const parts = partsOf(body, digest)[Symbol.asyncIterator]();
    const first = await parts.next();
    const bytes = first.done ? new Uint8Array() : first.value;
    const second = bytes.length < firstPart ? undefined : await parts.next();
    if (second === undefined || second.done) {
      const stored = digest.finish(options.expectedSha256);
      await explained(() =>
        this.#client.send(
          new PutObjectCommand({ ...place, Body: bytes, ContentType: options.contentType }),
        ),
      );
      return stored;
    }
    return this.#putInParts(place, prepend([bytes, second.value], parts), digest, options);
  }

  async #putInParts(
    place: { Bucket: string; Key: string },
    parts: AsyncIterable<Uint8Array>,
    digest: Digest,
    options: PutOptions,
  ): Promise<Stored> {
    const { UploadId } = await explained(() =>
      this.#client.send(
        new CreateMultipartUploadCommand({ ...place, ContentType: options.contentType }),
      ),
    );
    const upload = { ...place, UploadId };
    try {
      const Parts: CompletedPart[] = [];
      for await (const Body of parts) {
        const PartNumber = Parts.length + 1;
        const { ETag } = await explained(() =>
          this.#client.send(new UploadPartCommand({ ...upload, PartNumber, Body })),
        );
        Parts.push({ PartNumber, ETag });
      }
      const stored = digest.finish(options.expectedSha256);
      await explained(() =>
        this.#client.send(
          new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }),
        ),
      );
      return stored;
    } catch (error) {
      await this.#client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  async get(key: string, { range }: GetOptions = {}): Promise<Blob | undefined> {
    const place = this.#place(key);
    const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
    try {
      const found = await explained(() =>
        this.#client.send(new GetObjectCommand({ ...place, Range })),
      );
      const total = /\/(\d+)$/.exec(found.ContentRange ?? '')?.[1];
      const size = Number(total ?? found.ContentLength ?? 0);
      if (range) lastByte(range, size);
      // In Node the SDK gives a Readable.
      const stream =
        (found.Body as Readable | undefined) ?? Readable.from([], { objectMode: false });
      return { size, stream, ...infoOf(found) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      if (statusOf(error) !== 416) throw error;
      throw new RangeNotSatisfiable((await this.head(key))?.size ?? 0);
    }
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    const place = this.#place(key);
    try {
      const found = await explained(() => this.#client.send(new HeadObjectCommand(place)));
      return { size: found.ContentLength ?? 0, ...infoOf(found) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const objects = keys.map((key) => ({ Key: this.#place(key).Key }));
    for (let at = 0; at < objects.length; at += deleteLimit) {
      const Delete = { Objects: objects.slice(at, at + deleteLimit), Quiet: true };
      const { Errors = [] } = await explained(() =>
        this.#client.send(new DeleteObjectsCommand({ Bucket: this.#bucket, Delete })),
      );
      const [failed] = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
      if (failed) throw new Error(`${failed.Key} could not be deleted: ${failed.Message}`);
    }
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const Prefix = this.#prefix + checkPrefix(prefix);
    let ContinuationToken: string | undefined;
    do {
      const input = { Bucket: this.#bucket, Prefix, ContinuationToken };
      const page = await explained(() => this.#client.send(new ListObjectsV2Command(input)));
      for (const { Key = '' } of page.Contents ?? []) yield Key.slice(this.#prefix.length);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  async check(): Promise<void> {
    await explained(() => this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  #place(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + checkKey(key) };
  }
}

function infoOf(found: { ContentType?: string | undefined; ETag?: string | undefined }) {
  return {
    contentType: found.ContentType ?? 'application/octet-stream',
    etag: found.ETag ?? '""',
  };
}

/** Pieces of eight megabytes, and larger ones later on: an upload has at most 10,000. */
async function* partsOf(body: BlobSource, digest: Digest): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let length = 0;
  let count = 0;
  const sizeOf = (part: number) => firstPart * 2 ** Math.floor(part / 1000);
  for await (const chunk of chunksOf(body)) {
    digest.add(chunk);
    pending.push(chunk);
    length += chunk.byteLength;
    while (length >= sizeOf(count)) {
      const whole = Buffer.concat(pending, length);
      const size = sizeOf(count);
      yield whole.subarray(0, size);
      count += 1;
      pending = [whole.subarray(size)];
      length -= size;
    }
  }
  if (length > 0) yield Buffer.concat(pending, length);
}

async function* prepend<T>(first: readonly T[], rest: AsyncIterator<T>): AsyncGenerator<T> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** A service that can't be reached or is overloaded is a "later"; what it refuses for good stays as it is. */
async function explained<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new StatusError(connectionError, {
      details: 'the blob store does not answer',
      cause: error,
    });
  }
}

function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 || status === 429;
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.name === 'TimeoutError' || /^E[A-Z_]+$/.test(code);
}
