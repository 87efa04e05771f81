// Types of the handler table. A handler returns its response without `status`, or throws a StatusError.
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { V2 } from '@limpid/wire';
import type { Call, ScopeKind } from '../call.ts';

type Methods = (typeof V2)['method'];
type MethodKey = keyof Methods & string;
export type RpcName = Capitalize<MethodKey>;
type Desc<N extends RpcName> = Methods[Uncapitalize<N> & MethodKey];
type Kind<N extends RpcName> = Desc<N>['methodKind'];

export type RequestOf<N extends RpcName> = MessageShape<Desc<N>['input'] & DescMessage>;
/** `status` is filled in by the pipeline; a handler gives one only for mixed success or a pending state. */
export type ReplyOf<N extends RpcName> = MessageInitShape<Desc<N>['output'] & DescMessage>;

type Handle<N extends RpcName, K extends ScopeKind> =
  Kind<N> extends 'unary'
    ? (call: Call<K>, request: RequestOf<N>) => Promise<ReplyOf<N>>
    : Kind<N> extends 'server_streaming'
      ? (call: Call<K>, request: RequestOf<N>) => AsyncIterable<ReplyOf<N>>
      : (call: Call<K>, requests: AsyncIterable<RequestOf<N>>) => AsyncIterable<ReplyOf<N>>;

export interface RpcOptions<K extends ScopeKind> {
  readonly scope: K;
  /** What a missing or hidden app is called in the answer: models have a code of their own. */
  readonly missing?: 'model';
  /** Open to a credential without the endpoint's scope: it tells of that credential alone. */
  readonly anyScopes?: boolean;
  /** Not counted against the caller's rate: a runner opens a stream for every item. */
  readonly unlimited?: boolean;
  /** True where the work itself decides what the caller may do beyond the public's rights. */
  readonly ownAccess?: boolean;
}

export interface Rpc<N extends RpcName = RpcName> {
  readonly name: N;
  readonly options: RpcOptions<ScopeKind>;
  readonly handle: Handle<N, ScopeKind>;
}

/** Declares the handler of one RPC. */
export function rpc<N extends RpcName, K extends ScopeKind>(
  name: N,
  options: RpcOptions<K>,
  handle: Handle<N, K>,
): Rpc<N> {
  // The pipeline resolves exactly the scope that `options` asks for before it calls `handle`.
  return { name, options, handle: handle as unknown as Handle<N, ScopeKind> };
}

/** Every RPC that has a handler, by name. */
export type Handlers = { readonly [N in RpcName]?: Rpc<N> };
