import type { Workflow } from '@limpid/wire';
import { isClientId } from '@limpid/wire/ids';
import { invalidArgument } from '@limpid/wire/status';

const MAX_NOTES_BYTES = 64 * 1024;
const MAX_DESCRIPTION = 4096;

/** Refuses a workflow id that cannot stand in a URL. */
export function requireWorkflowId(id: string): void {
  if (isClientId(id)) return;
  const told =
    id === '' ? 'A workflow needs an id' : `'${id.slice(0, 80)}' is not a valid workflow id`;
  throw invalidArgument(
    `${told}: letters, digits, hyphens and underscores, 1 to 64 of them`,
    'workflow',
  );
}

/** Refuses texts that are longer than documented, and cover images that are no address. */
export function checkWorkflowTexts(workflow: Workflow): void {
  if (new TextEncoder().encode(workflow.notes).length > MAX_NOTES_BYTES) {
    throw invalidArgument('notes are longer than 64 KB', 'workflow');
  }
  if (workflow.description.length > MAX_DESCRIPTION) {
    throw invalidArgument(`description is longer than ${MAX_DESCRIPTION} characters`, 'workflow');
  }
  if (workflow.image && workflow.image.base64.length > 0) {
    throw invalidArgument('image takes a url, not bytes', 'workflow');
  }
}
