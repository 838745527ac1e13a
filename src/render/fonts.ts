import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';

/** The family that every picture names. It is shipped, so a machine without any fonts draws the same letters. */
export const FONT = 'DejaVu Sans Condensed';

/** In the name of the folder, so that a process sees that it is set up already. */
const FOLDER = 'causeway-fonts-';

/**
 * Points fontconfig to our own fonts and to nothing else. It must run on the main thread before the first text is
 * rasterised: fontconfig reads `FONTCONFIG_FILE` once in a process, and a change inside a worker thread never reaches it.
 * Without it a bare container draws an empty box for every letter and reports no error.
 */
export function installFonts(): void {
  const present = process.env.FONTCONFIG_FILE;
  if (present?.includes(FOLDER) && existsSync(present)) return;
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  try {
    const folder = mkdtempSync(join(tmpdir(), FOLDER));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'fonts.conf');
    writeFileSync(
      file,
      `<?xml version="1.0"?><fontconfig><dir>${escapeXml(fonts)}</dir><cachedir>${escapeXml(folder)}</cachedir></fontconfig>`,
    );
    process.env.FONTCONFIG_FILE = file;
  } catch (cause) {
    throw new Failure(
      'misconfigured',
      'The fonts of the pictures could not be set up.',
      `Make the folder ${tmpdir()} writable, or name another one in TMPDIR.`,
      { cause },
    );
  }
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
