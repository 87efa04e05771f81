// OpenAPI of the REST side, written from the descriptors: the one declaration of every endpoint.
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { type Method, methods } from '@limpid/wire';

type Schema = Record<string, unknown>;

/** The whole document; about a megabyte, so callers keep it. */
export function openApiDocument(serverUrl: string): object {
  const schemas = new Map<string, Schema>();
  const paths: Record<string, Record<string, object>> = {};
  for (const method of methods()) {
    for (const route of method.routes) {
      const path = route.template;
      paths[path] ??= {};
      // Where two RPCs declare one binding, the first is the one that answers.
      paths[path][route.verb.toLowerCase()] ??= operation(method, path, route.body, schemas);
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Limpid', version: '1', description: 'Compatible with the Clarifai API.' },
    servers: [{ url: serverUrl }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'Key <token>' },
      },
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

function operation(
  method: Method,
  path: string,
  body: boolean,
  schemas: Map<string, Schema>,
): object {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].flatMap(([, name]) => name ?? []);
  return {
    operationId: method.name,
    deprecated: method.deprecated,
    ...(method.auth === 'none' && { security: [] }),
    parameters: names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(body && { requestBody: { content: json(reference(method.desc.input, schemas)) } }),
    responses: {
      default: {
        description: 'The answer is in `status`',
        content: json(reference(method.desc.output, schemas)),
      },
    },
    'x-scopes': method.scopes,
  };
}

function json(schema: Schema): object {
  return { 'application/json': { schema } };
}

function reference(desc: DescMessage, schemas: Map<string, Schema>): Schema {
  const known = WELL_KNOWN[desc.typeName];
  if (known) return known;
  if (!schemas.has(desc.typeName)) {
    const schema: Schema = { type: 'object' };
    // Set first, for messages that hold themselves.
    schemas.set(desc.typeName, schema);
    schema.properties = Object.fromEntries(
      desc.fields.map((field) => [field.name, ofField(field, schemas)]),
    );
  }
  return { $ref: `#/components/schemas/${desc.typeName}` };
}

function ofField(field: DescField, schemas: Map<string, Schema>): Schema {
  if (field.fieldKind === 'list') return { type: 'array', items: ofValue(field, schemas) };
  if (field.fieldKind === 'map')
    return { type: 'object', additionalProperties: ofValue(field, schemas) };
  return ofValue(field, schemas);
}

function ofValue(field: DescField, schemas: Map<string, Schema>): Schema {
  if (field.message) return reference(field.message, schemas);
  if (field.enum) return { type: 'string', enum: field.enum.values.map((value) => value.name) };
  return SCALARS.get(field.scalar ?? ScalarType.STRING) ?? { type: 'integer' };
}

const SCALARS: ReadonlyMap<ScalarType, Schema> = new Map([
  [ScalarType.STRING, { type: 'string' }],
  [ScalarType.BYTES, { type: 'string', contentEncoding: 'base64' }],
  [ScalarType.BOOL, { type: 'boolean' }],
  [ScalarType.FLOAT, { type: 'number' }],
  [ScalarType.DOUBLE, { type: 'number' }],
]);

const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.BoolValue': { type: 'boolean' },
  'google.protobuf.StringValue': { type: 'string' },
  'google.protobuf.Int32Value': { type: 'integer' },
  'google.protobuf.UInt32Value': { type: 'integer' },
  'google.protobuf.FloatValue': { type: 'number' },
};
