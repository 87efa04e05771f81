import type { ModelTypeManifest } from '../manifest.ts';

export const barcodeOperator: ModelTypeManifest = {
  id: 'barcode-operator',
  title: 'Barcode Operator',
  description: 'Finds and reads barcodes: EAN and UPC, Code 128, Code 39, Interleaved 2 of 5, QR.',
  kind: 'operator',
  inputs: ['image'],
  outputs: ['regions[...].data.text,regions[...].region_info.bounding_box'],
};
