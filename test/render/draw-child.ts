import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { drawWaterfall } from '../../src/render/waterfall.ts';
import { drawTable } from '../draw.ts';

// Prints a fingerprint of the pixels of a picture, and whether its letters are letters: without a font every letter is the
// same box, so two words of as many letters look alike.
const { trace } = drawTable('gateway  POST /checkout  server  0..100\n  auth  verify  10..90');
const draw = async (title: string) => {
  const { png } = await drawWaterfall(trace, { size: 'card', culprits: [], title, subtitle: '', alt: title, path: [] });
  return createHash('sha256')
    .update(await sharp(png).raw().toBuffer())
    .digest('hex');
};
const first = await draw('auth is slow');
const second = await draw('mesh is wild');
process.stdout.write(`${first} ${first === second ? 'boxes' : 'ours'}\n`);
