import sharp from 'sharp';
import { overlap } from '../../packages/runner/src/families/suppress.ts';
import type { Box, LoadedModel } from '../../packages/runner/src/families/types.ts';
import type { Quality } from '../../packages/runner/src/models/manifest.ts';
import type { Picture } from './pictures.ts';

/** COCO categories by words in the caption of a cut-out. */
const categories = [
  'bird',
  'cat',
  'dog',
  'horse',
  'sheep',
  'cow',
  'elephant',
  'bear',
  'zebra',
  'giraffe',
  'banana',
  'apple',
  'orange',
  'broccoli',
  'carrot',
  'bicycle',
  'car',
  'motorcycle',
  'airplane',
  'bus',
  'train',
  'truck',
  'boat',
  'teddy bear',
  'scissors',
  'clock',
];

/**
 * Pastes cut-outs whose caption names a COCO category on a plain ground: the box is known exactly.
 */
export async function measureDetection(
  model: LoadedModel,
  pictures: readonly Picture[],
  command: string,
): Promise<Quality[]> {
  const scenes: { bytes: Buffer; box: Box; category: string }[] = [];
  for (const picture of pictures) {
    const words: readonly string[] = picture.caption?.toLowerCase().match(/[a-z]+/g) ?? [];
    const category = categories.find((name) =>
      name.split(' ').every((word) => words.includes(word)),
    );
    if (category && picture.name.endsWith('.png'))
      scenes.push({ ...(await paste(picture)), category });
  }
  const outputs = await model.predict(scenes.map(({ bytes }) => ({ kind: 'image', bytes })));
  let found = 0;
  outputs.forEach((output, i) => {
    const scene = scenes[i];
    if (output.kind !== 'regions' || !scene) throw new Error('no regions');
    const hit = output.regions.some(
      ({ box, concept, value }) =>
        concept?.name === scene.category && value >= 0.3 && overlap(box, scene.box) >= 0.5,
    );
    if (hit) found++;
  });
  return [
    {
      metric: 'found with the right name and half the area shared, at 0.3',
      value: Number((found / scenes.length).toFixed(3)),
      dataset: `${scenes.length} cut-outs of Debian tuxpaint-stamps-default pasted on a plain ground`,
      command,
    },
  ];
}

async function paste({ bytes }: Picture): Promise<{ bytes: Buffer; box: Box }> {
  const side = 480;
  const trimmed = await sharp(bytes).ensureAlpha().trim().png().toBuffer();
  const { data, info } = await sharp(trimmed)
    .resize(300, 300, { fit: 'inside' })
    .png()
    .toBuffer({ resolveWithObject: true });
  const left = Math.round((side - info.width) * 0.35);
  const top = Math.round((side - info.height) * 0.6);
  const scene = sharp({
    create: { width: side, height: side, channels: 3, background: '#b8c4b0' },
  }).composite([{ input: data, left, top }]);
  const box = {
    left: left / side,
    right: (left + info.width) / side,
    top: top / side,
    bottom: (top + info.height) / side,
  };
  return { bytes: await scene.png().toBuffer(), box };
}
