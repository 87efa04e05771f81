export * from '@bufbuild/protobuf';
export { create } from './codec/create.ts';
export * from './gen/google/api/annotations_pb.js';
export * from './gen/google/api/http_pb.js';
export * from './gen/proto/clarifai/api/resources_pb.js';
export * from './gen/proto/clarifai/api/service_pb.js';
export * from './gen/proto/clarifai/api/status/status_code_pb.js';
export * from './gen/proto/clarifai/api/status/status_pb.js';
export * from './gen/proto/clarifai/api/utils/extensions_pb.js';
export * from './gen/proto/clarifai/api/utils/matrix_pb.js';
export * from './gen/proto/clarifai/api/utils/time_pb.js';
export * from './gen/proto/clarifai/auth/scope/scope_pb.js';
export * from './gen/proto/clarifai/auth/types/types_pb.js';
// The generated enum of the same name is the declaration that ours is read from.
export { AuthType as DeclaredAuthType } from './gen/proto/clarifai/auth/types/types_pb.js';
export * from './gen/proto/clarifai/auth/util/extension_pb.js';
export * from './ids.ts';
export { decodeJson } from './json/decode.ts';
export { encodeJson } from './json/encode.ts';
export { decodeRestRequest, type RestInput } from './json/rest-request.ts';
export {
  type AuthType,
  type Method,
  type MethodKind,
  methodByName,
  methods,
  type Route,
  type Verb,
} from './methods.ts';
export { createRestRouter, type RestRouter, type RouteMatch } from './rest-router.ts';
export * from './status.ts';
