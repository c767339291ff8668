// Draws the pictures of the demo market and writes them into src/seed/pictures, one of each kind of produce in two sizes.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { PRODUCE } from '../src/seed/data/produce.ts';
import {
  PICTURE_SIZES_PX,
  PICTURES_DIR,
  type PictureSize,
  pictureName,
} from '../src/seed/pictures.ts';
import { DRAWINGS } from './pictures/drawings.ts';
import { SHAPES, shade } from './pictures/shapes.ts';

const WEBP = { quality: 50, effort: 4, smartSubsample: true };
const BACKGROUNDS = ['#f6efdc', '#e6f0df', '#fbe9dc', '#e3eef0', '#f3e6ee', '#eeebd3'];
/** Behind what is nearly white itself. */
const DEEP_BACKGROUNDS = ['#8fb09a', '#8aa9bd', '#b99a86'];
const PALE = 214;
/** One item to fill the picture, where three of it would look odd; else a few, from back to front. */
const SINGLE = new Set([
  'melon',
  'head',
  'jar',
  'pouch',
  'sack',
  'eggs',
  'bowl',
  'pods',
  'leaves',
  'sprigs',
  'stalks',
  'spears',
  'cluster',
  'bananas',
  'pineapple',
  'bumpy',
  'pumpkin',
  'floret',
  'hairy',
  'berries',
  'mushrooms',
]);
const ONE = [[50, 50, 1.3]] as const;
const THREE = [
  [31, 42, 0.82],
  [69, 41, 0.82],
  [50, 57, 0.98],
] as const;

await rm(PICTURES_DIR, { recursive: true, force: true });
await mkdir(PICTURES_DIR, { recursive: true });
let bytes = 0;
for (const [index, [name]] of PRODUCE.entries()) {
  const svg = Buffer.from(draw(name, index));
  for (const [size, px] of Object.entries(PICTURE_SIZES_PX)) {
    const picture = await sharp(svg, { density: 72 }).resize(px, px).webp(WEBP).toBuffer();
    await writeFile(join(PICTURES_DIR, pictureName(name, size as PictureSize)), picture);
    bytes += picture.length;
  }
}
console.log(`wrote ${PRODUCE.length * 2} pictures, ${Math.round(bytes / 1024)} KiB`);

/** Blue counts least, as in cream. */
function isPale(colour: string): boolean {
  return [1, 3, 5].every(
    (at) => Number.parseInt(colour.slice(at, at + 2), 16) >= PALE - (at - 1) * 8,
  );
}

function draw(name: string, index: number): string {
  const drawing = DRAWINGS[name];
  if (drawing === undefined)
    throw new Error(`scripts/pictures/drawings.ts has no drawing of ${name}`);
  const [shape, main, second] = drawing;
  const choice = isPale(main) ? DEEP_BACKGROUNDS : BACKGROUNDS;
  const background = choice[index % choice.length] ?? '#f6efdc';
  const item = SHAPES[shape]({ main, second });
  const items = (SINGLE.has(shape) ? ONE : THREE).map(
    ([x, y, scale]) =>
      `<ellipse cx="${x}" cy="${y + 27 * scale}" rx="${25 * scale}" ry="${4 * scale}" fill="${shade(background, -0.18)}"/>` +
      `<g transform="translate(${x} ${y}) scale(${scale})">${item}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="640" viewBox="0 0 100 100">
<rect width="100" height="100" fill="${background}"/>
<rect y="72" width="100" height="28" fill="${shade(background, -0.07)}"/>
${items.join('\n')}
</svg>`;
}
