import type { Model } from '@limpid/wire';
import { isClientId } from '@limpid/wire/ids';
import { invalidArgument } from '@limpid/wire/status';

const MAX_NOTES_BYTES = 64 * 1024;
const MAX_DESCRIPTION = 4096;

/** Refuses a model id that cannot stand in a URL. */
export function requireModelId(id: string): void {
  if (isClientId(id)) return;
  const told = id === '' ? 'A model needs an id' : `'${id.slice(0, 80)}' is not a valid model id`;
  throw invalidArgument(
    `${told}: letters, digits, hyphens and underscores, 1 to 64 of them`,
    'model',
  );
}

/** Refuses texts that are longer than documented, and cover images that are no address. */
export function checkModelTexts(model: Model): void {
  if (new TextEncoder().encode(model.notes).length > MAX_NOTES_BYTES) {
    throw invalidArgument('notes are longer than 64 KB', 'model');
  }
  if (model.description.length > MAX_DESCRIPTION) {
    throw invalidArgument(`description is longer than ${MAX_DESCRIPTION} characters`, 'model');
  }
  if (model.image && model.image.base64.length > 0) {
    throw invalidArgument('image takes a url, not bytes', 'model');
  }
}
