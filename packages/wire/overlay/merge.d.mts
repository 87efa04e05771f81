import type { FileDescriptorSet } from '@bufbuild/protobuf/wkt';

export function mergeOverlay(
  base: FileDescriptorSet,
  overlay: FileDescriptorSet,
): {
  readonly set: FileDescriptorSet;
  /** Full names, as the lines `node tools/generate.mjs --list` prints. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  /** What the overlay could drop, because upstream declares it by now. */
  readonly skipped: readonly string[];
};
