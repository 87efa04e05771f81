import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { http } from './gen/google/api/annotations_pb.js';
import type { HttpRule } from './gen/google/api/http_pb.js';
import { V2 } from './gen/proto/clarifai/api/service_pb.js';
import { type S, SSchema } from './gen/proto/clarifai/auth/scope/scope_pb.js';
import { AuthType as DeclaredAuth } from './gen/proto/clarifai/auth/types/types_pb.js';
import { cl_auth_type, cl_depending_scopes } from './gen/proto/clarifai/auth/util/extension_pb.js';

export type MethodKind = 'unary' | 'server_streaming' | 'bidi_streaming';
/** `pat` needs a personal access token, `session` a signed-in browser, `key` takes app keys too. */
export type AuthType = 'none' | 'key' | 'pat' | 'session';
export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  readonly verb: Verb;
  /** `/v2/users/{user_app_id.user_id}/inputs`: parameters name request fields. */
  readonly template: string;
  /** Whether the request message is read from a JSON body. */
  readonly body: boolean;
}

/** One RPC of the API, as its descriptor declares it. */
export interface Method {
  readonly name: string;
  readonly path: string;
  readonly desc: DescMethod;
  readonly kind: MethodKind;
  readonly auth: AuthType;
  /** In the form that keys carry, `Inputs:Add`. */
  readonly scopes: readonly string[];
  /** The first is the canonical one; the order is the declared one. */
  readonly routes: readonly Route[];
  readonly deprecated: boolean;
}

let known: ReadonlyMap<string, Method> | undefined;

/** Computed on the first call: reading the options of every method takes some 30 ms. */
export function methods(): readonly Method[] {
  return [...index().values()];
}

export function methodByName(name: string): Method | undefined {
  return index().get(name);
}

function index(): ReadonlyMap<string, Method> {
  known ??= new Map(V2.methods.map((desc) => [desc.name, readMethod(desc)]));
  return known;
}

function readMethod(desc: DescMethod): Method {
  return {
    name: desc.name,
    path: `/${desc.parent.typeName}/${desc.name}`,
    desc,
    kind: readKind(desc),
    auth: readAuth(desc),
    scopes: getOption(desc, cl_depending_scopes).map(scopeName),
    routes: readRoutes(getOption(desc, http)),
    deprecated: desc.deprecated,
  };
}

function readKind(desc: DescMethod): MethodKind {
  switch (desc.methodKind) {
    case 'unary':
    case 'server_streaming':
    case 'bidi_streaming':
      return desc.methodKind;
    case 'client_streaming':
      throw new Error(`${desc.name}: the API has no client streaming`);
  }
}

function readAuth(desc: DescMethod): AuthType {
  const declared = getOption(desc, cl_auth_type);
  switch (declared) {
    case DeclaredAuth.NoAuth:
      return 'none';
    case DeclaredAuth.KeyAuth:
      return 'key';
    case DeclaredAuth.PATAuth:
      return 'pat';
    case DeclaredAuth.SessionTokenAuth:
      return 'session';
    default:
      // Never fall open: a method whose rule we can't read must not start.
      throw new Error(`${desc.name}: no rule for auth type ${declared}`);
  }
}

function scopeName(scope: S): string {
  const value = SSchema.value[scope];
  // The enum is open: a number that this build doesn't know arrives as a plain number.
  if (value === undefined) throw new Error(`unknown scope ${scope}`);
  return value.name.replace('_', ':');
}

function readRoutes(rule: HttpRule): Route[] {
  return [rule, ...rule.additionalBindings].flatMap((binding) => {
    const { case: verb, value } = binding.pattern;
    if (verb === undefined) return [];
    if (verb === 'custom') throw new Error(`no support for custom verb ${value.kind}`);
    if (binding.body !== '' && binding.body !== '*') {
      throw new Error(`${value}: no support for a body that is one field`);
    }
    return [{ verb: toVerb(verb), template: value, body: binding.body === '*' }];
  });
}

function toVerb(verb: 'get' | 'put' | 'post' | 'delete' | 'patch'): Verb {
  // The literal type survives: Uppercase of the five cases is Verb.
  return verb.toUpperCase() as Uppercase<typeof verb>;
}
