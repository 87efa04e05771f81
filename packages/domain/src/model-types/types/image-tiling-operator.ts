import type { ModelTypeManifest } from '../manifest.ts';

export const imageTilingOperator: ModelTypeManifest = {
  id: 'image-tiling-operator',
  title: 'Image Tiler',
  description: 'Cuts an image into overlapping tiles of equal size.',
  kind: 'operator',
  inputs: ['image'],
  outputs: ['regions[...].data.image,regions[...].region_info.bounding_box'],
  fields: [
    {
      path: 'output_info.params.tile_size',
      type: 'NUMBER',
      description: 'Side of a tile in pixels.',
      range: { min: 1 },
    },
    {
      path: 'output_info.params.max_object_size',
      type: 'NUMBER',
      description: 'Objects up to this size lie whole in at least one tile.',
      range: { min: 0 },
    },
  ],
};
