import type { ModelTypeManifest } from '../manifest.ts';

export const visualAnomalyHeatmap: ModelTypeManifest = {
  id: 'visual-anomaly-heatmap',
  title: 'Visual Anomaly',
  description:
    'Learns what is normal from normal images, then scores an image and shows where it differs.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['heatmaps', 'concepts'],
  trainable: true,
};
