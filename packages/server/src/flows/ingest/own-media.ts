// Media that this instance hosts already, named by its own URL, as when inputs are copied from one app to another. It is
// copied inside: fetching it would need a credential, and our own address is often a private one.
import type { Caller } from '@limpid/domain/access/authority';
import { grantApp } from '@limpid/domain/access/authority';
import { standing } from '@limpid/domain/access/visibility';
import { type MediaEntry, mediaKinds } from '@limpid/domain/input/media';
import { type MediaAddress, mediaPrefix, parseMediaPath } from '@limpid/domain/input/media-path';
import type { ReadInput } from '@limpid/domain/input/read-input';
import { getInputs } from '@limpid/store/db/inputs';
import { findAppForScope } from '@limpid/store/db/scopes';
import { create, type Input, TextInfoSchema, TextSchema } from '@limpid/wire';
import type { Deps } from '../../deps.ts';

/** Whose inputs they are, and the one app that his credential opens, where it opens only one. */
export interface Sender {
  readonly userKey: bigint;
  readonly credential: Pick<Caller['credential'], 'app'>;
}

/** What is behind one of our URLs: a blob, or a text that stands in its row. */
type OwnMedium = MediaEntry | string;
export type OwnMedia = ReadonlyMap<string, OwnMedium>;

/** Everything in these inputs that is ours, and that the caller may see. */
export async function findOwnMedia(
  deps: Deps,
  caller: Sender,
  inputs: readonly Input[],
): Promise<OwnMedia> {
  const prefix = `${deps.config.publicUrl()}${mediaPrefix}/`;
  const urls = inputs.flatMap(({ data }) => mediaKinds.map((kind) => data?.[kind]?.url ?? ''));
  const found = new Map<string, OwnMedium>();
  for (const url of new Set(urls)) {
    if (!url.startsWith(prefix)) continue;
    const address = parseMediaPath(new URL(url).pathname);
    const medium = address?.size === 'orig' ? await findMedium(deps, caller, address) : undefined;
    if (medium !== undefined) found.set(url, medium);
  }
  return found;
}

async function findMedium(
  { db }: Deps,
  { userKey, credential }: Sender,
  { userId, appId, inputId, kind }: MediaAddress,
): Promise<OwnMedium | undefined> {
  const app = await findAppForScope(db, userId, appId);
  const stands = app ? standing(userKey, app) : 'none';
  if (!app || stands === 'none') return undefined;
  const { appKey, ownerKey, ownerId } = app;
  if (credential.app && credential.app.key !== appKey) return undefined;
  const scope = grantApp({ appKey, appId, userKey: ownerKey, userId: ownerId, standing: stands });
  const [row] = await getInputs(db, scope, [inputId]);
  const entry = row?.media?.find((one) => one.kind === kind);
  if (entry || kind !== 'text') return entry;
  return (row?.body as { text?: { raw?: string } } | undefined)?.text?.raw;
}

export interface Adopted {
  readonly read: ReadInput;
  /** Entries whose bytes are to be copied. */
  readonly copies: readonly MediaEntry[];
}

/** The input with our own media taken out of what is to be fetched. `data` of the input is changed. */
export function adoptOwnMedia(read: ReadInput, own: OwnMedia): Adopted {
  if (own.size === 0) return { read, copies: [] };
  const copies: MediaEntry[] = [];
  const urls = read.urls.filter(({ kind, url }) => {
    const medium = own.get(url);
    if (medium === undefined) return true;
    if (typeof medium === 'string') {
      if (kind !== 'text') return true;
      read.data.text = create(TextSchema, { raw: medium, textInfo: read.data.text?.textInfo });
      return false;
    }
    if (medium.kind !== kind) return true;
    copies.push(medium);
    forgetUrl(read, medium);
    return false;
  });
  return { read: { ...read, urls }, copies };
}

function forgetUrl({ data }: ReadInput, { kind, chars, encoding }: MediaEntry): void {
  const medium = data[kind];
  if (medium) medium.url = '';
  if (kind !== 'text' || !data.text) return;
  data.text.textInfo = create(TextInfoSchema, { charCount: chars ?? 0, encoding: encoding ?? '' });
}
