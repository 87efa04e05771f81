import { DatasetVersionExportFormat as Format } from '@limpid/wire';
import type { ZipEntry } from '../../archive/write-zip.ts';
import { jsonEntries, protobufEntries } from './clarifai-data.ts';
import { cocoEntries } from './coco.ts';
import type { ExportSource } from './snapshot-inputs.ts';

export interface ExportFormat {
  /** In URLs and file names. */
  readonly name: string;
  /** In a version's `export_info`. */
  readonly field: 'clarifaiDataProtobuf' | 'clarifaiDataJson' | 'coco';
  entries(source: ExportSource): AsyncIterable<ZipEntry>;
}

const formats: ReadonlyMap<number, ExportFormat> = new Map([
  [
    Format.CLARIFAI_DATA_PROTOBUF,
    {
      name: 'clarifai-data-protobuf',
      field: 'clarifaiDataProtobuf',
      entries: protobufEntries,
    },
  ],
  [
    Format.CLARIFAI_DATA_JSON,
    { name: 'clarifai-data-json', field: 'clarifaiDataJson', entries: jsonEntries },
  ],
  [Format.COCO, { name: 'coco', field: 'coco', entries: cocoEntries }],
] as const);

export function exportFormat(format: number): ExportFormat | undefined {
  return formats.get(format);
}

/** The number of a format by its name in a URL. */
export function formatNamed(name: string): number | undefined {
  return [...formats].find(([, format]) => format.name === name)?.[0];
}
