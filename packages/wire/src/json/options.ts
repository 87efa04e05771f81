import { type DescField, getOption, hasOption } from '@bufbuild/protobuf';
import {
  cl_default_float,
  cl_show_if_empty,
} from '../gen/proto/clarifai/api/utils/extensions_pb.js';

/** Whether JSON answers carry the field even when empty. Never members of a oneof or messages. */
export function isShownIfEmpty(field: DescField): boolean {
  return field.fieldKind !== 'message' && !field.oneof && getOption(field, cl_show_if_empty);
}

/** What a JSON request means that leaves the field out; over gRPC, zero is zero. */
export function defaultFloat(field: DescField): number | undefined {
  return hasOption(field, cl_default_float) ? getOption(field, cl_default_float) : undefined;
}
