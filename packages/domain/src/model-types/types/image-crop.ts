import type { ModelTypeManifest } from '../manifest.ts';

export const imageCrop: ModelTypeManifest = {
  id: 'image-crop',
  title: 'Image Cropper',
  description:
    'Cuts each region out of the image; looks back along the workflow for the image where the node before gives none.',
  kind: 'operator',
  inputs: ['image,regions[...].region_info.bounding_box'],
  outputs: ['regions[...].data.image'],
  fields: [
    {
      path: 'output_info.params.margin',
      type: 'NUMBER',
      description:
        'Factor by which a box is widened around its center before it is cut out: 1 is the box itself.',
      default: 1,
      range: { min: 0 },
    },
  ],
};
