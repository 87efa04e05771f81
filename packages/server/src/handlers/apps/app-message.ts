import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Caller } from '@limpid/domain/access/authority';
import { PRIVATE, PUBLIC } from '@limpid/domain/access/visibility';
import type { Db, Tx } from '@limpid/store';
import type { AppRow, NewApp } from '@limpid/store/db/apps';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import { findUserForScope } from '@limpid/store/db/scopes';
import { findWorkflowKey } from '@limpid/store/db/workflow-refs';
import {
  type App,
  AppSchema,
  create,
  invalidRequest,
  isClientId,
  notFound,
  profileNotPublic,
  VisibilitySchema,
  WorkflowSchema,
} from '@limpid/wire';

// What stands in columns, or is computed: never in the body.
const COLUMNS = [
  'id',
  'userId',
  'visibility',
  'isTemplate',
  'defaultLanguage',
  'defaultWorkflow',
  'defaultWorkflowId',
  'sampleMs',
  'createdAt',
  'modifiedAt',
  'starCount',
  'isStarred',
  'extraInfo',
] as const;

const MAX_NOTES_BYTES = 64 * 1024;
const MAX_DESCRIPTION = 4096;

/** An app as clients see it. `name` is never empty: it falls back to the id. */
export function appMessage(row: AppRow): App {
  const app = readDoc(AppSchema, row.body);
  app.id = row.id;
  app.userId = row.owner_id;
  app.name ||= row.id;
  app.visibility = create(VisibilitySchema, { gettable: row.visibility });
  app.isTemplate = row.is_template;
  app.defaultLanguage = row.default_language;
  app.sampleMs = row.sample_ms ?? 0;
  app.starCount = row.star_count;
  app.createdAt = timestampFromDate(row.created_at);
  app.modifiedAt = timestampFromDate(row.modified_at);
  if (row.workflow) {
    app.defaultWorkflow = create(WorkflowSchema, row.workflow);
    app.defaultWorkflowId = row.workflow.id;
  }
  return app;
}

/** Checks an app that is to be stored, and splits it into columns and body. */
export async function storedApp(
  db: Db | Tx,
  caller: Caller,
  app: App,
  fallbackWorkflow: bigint | null,
): Promise<Omit<NewApp, 'id'>> {
  if (Buffer.byteLength(app.notes) > MAX_NOTES_BYTES)
    throw invalidRequest('notes are longer than 64 KB');
  if (app.description.length > MAX_DESCRIPTION) {
    throw invalidRequest(`description is longer than ${MAX_DESCRIPTION} characters`);
  }
  const visibility = app.visibility?.gettable || PRIVATE;
  if (visibility >= PUBLIC) await requirePublicProfile(db, caller);
  return {
    visibility,
    isTemplate: app.isTemplate ?? false,
    defaultLanguage: app.defaultLanguage || 'en',
    defaultWorkflow: (await workflowOf(db, caller, app)) ?? fallbackWorkflow,
    sampleMs: app.sampleMs || null,
    body: writeDoc(AppSchema, app, { omit: COLUMNS }),
  };
}

async function requirePublicProfile(db: Db | Tx, caller: Caller): Promise<void> {
  const user = await findUserForScope(db, caller.userId);
  if (!user || user.visibility < PUBLIC) throw profileNotPublic();
}

/** The base workflow that the app names: the caller's own or a public one. Without an owner, the seeded ones. */
async function workflowOf(db: Db | Tx, caller: Caller, app: App): Promise<bigint | undefined> {
  const workflowId = app.defaultWorkflow?.id || app.defaultWorkflowId;
  if (!workflowId) return undefined;
  const userId =
    app.defaultWorkflow?.userId || (app.defaultWorkflow?.appId ? caller.userId : 'clarifai');
  const appId = app.defaultWorkflow?.appId || 'main';
  const key = await findWorkflowKey(db, caller.userKey, { userId, appId, workflowId });
  if (key === undefined) throw notFound(`The base workflow '${workflowId}' does not exist`);
  return key;
}

export function requireAppId(id: string): void {
  if (!isClientId(id))
    throw invalidRequest(`'${id.slice(0, 80)}' is not a valid app id: ${ID_RULE}`);
}

const ID_RULE = 'letters, digits, hyphens and underscores, 1 to 64 of them';
