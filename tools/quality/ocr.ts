import sharp from 'sharp';
import type { LoadedModel } from '../../packages/runner/src/families/types.ts';
import type { Quality } from '../../packages/runner/src/models/manifest.ts';

const lines = [
  'Invoice No. 20931-A',
  'Total: $1,249.50',
  'The quick brown fox jumps over the lazy dog',
  'Platform 9, departure 14:35',
  'Best before 12/2027, keep refrigerated',
  'RECEIPT #004417 VAT 19%',
  'Please do not feed the animals.',
  'john.smith@example.org',
];
const looks = [
  { size: 18, ink: '#111111', ground: '#ffffff', font: 'DejaVu Sans' },
  { size: 28, ink: '#222244', ground: '#f4ecd8', font: 'DejaVu Serif' },
  { size: 40, ink: '#ffffff', ground: '#204060', font: 'DejaVu Sans' },
];

/** Reads rendered pages; the figure is one minus the edit distance over the length. */
export async function measureOcr(model: LoadedModel, command: string): Promise<Quality[]> {
  let wrong = 0;
  let letters = 0;
  for (const look of looks) {
    const [output] = await model.predict([{ kind: 'image', bytes: await render(look) }]);
    if (output?.kind !== 'regions') throw new Error('no regions');
    const read = output.regions.map(({ text = '' }) => text).join('\n');
    wrong += distance(read, lines.join('\n'));
    letters += lines.join('\n').length;
  }
  return [
    {
      metric: 'letters read right',
      value: Number((1 - wrong / letters).toFixed(3)),
      dataset: `${looks.length} rendered pages of ${lines.length} lines`,
      command,
    },
  ];
}

async function render(look: (typeof looks)[number]): Promise<Buffer> {
  const step = look.size * 1.9;
  const rows = lines.map((line, i) => {
    const text = line.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return `<text x="24" y="${step * (i + 1)}">${text}</text>`;
  });
  const width = Math.round(look.size * 28);
  const height = Math.round(step * (lines.length + 1));
  const page = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${look.ground}"/><g fill="${look.ink}" font-size="${look.size}" font-family="${look.font}">${rows.join('')}</g></svg>`;
  // The decoder blocks SVG in this process; only its own pixels may use it here.
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] });
  const png = await sharp(Buffer.from(page)).png().toBuffer();
  sharp.block({ operation: ['VipsForeignLoadSvg'] });
  return png;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
