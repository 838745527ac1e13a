import { FONT } from './fonts.ts';
import { rasterise } from './paint.ts';

/** Whether two different letters are two different pictures; where no font is found, both are the same empty box. */
export async function lettersDiffer(): Promise<boolean> {
  const [first, second] = await Promise.all(['H', 'o'].map(pictureOf));
  return first !== undefined && second !== undefined && Buffer.compare(first, second) !== 0;
}

async function pictureOf(letter: string): Promise<Uint8Array> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><text x="4" y="26" font-family="${FONT}" font-size="24">${letter}</text></svg>`;
  return (await rasterise(svg)).png;
}
