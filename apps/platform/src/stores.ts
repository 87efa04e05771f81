// What the platform keeps bytes in and reaches outside with.
import { join } from 'node:path';
import type { Deps } from '@limpid/server/deps';
import { createFetcher } from '@limpid/server/flows/media/fetch-url';
import { openMediaTools } from '@limpid/server/media/tools';
import { type Blobs, openBlobs } from '@limpid/store';
import type { Config } from './config.ts';
import { EnvError } from './env.ts';
import type { OwnInstance } from './instance.ts';

export type Stores = Pick<Deps, 'blobs' | 'media' | 'fetchUrl' | 'assertSpace'>;

export async function openStores(config: Config, { home }: OwnInstance): Promise<Stores> {
  return {
    blobs: await openConfigured(config.blobs ?? home.folders.blobs, home),
    media: await openMediaTools({ scratchFolder: join(home.folders.cache, 'scratch') }),
    fetchUrl: fetcher(config),
    assertSpace: (bytes) => home.assertSpace(home.path, bytes),
  };
}

async function openConfigured(address: string, home: OwnInstance['home']): Promise<Blobs> {
  try {
    return await openBlobs(address, home);
  } catch (error) {
    throw new EnvError(`LIMPID_BLOBS: ${error instanceof Error ? error.message : error}`);
  }
}

function fetcher(config: Config): Deps['fetchUrl'] {
  try {
    return createFetcher({ allowed: config.allowPrivateUrls });
  } catch (error) {
    throw new EnvError(
      `LIMPID_ALLOW_PRIVATE_URLS: ${error instanceof Error ? error.message : error}`,
    );
  }
}
