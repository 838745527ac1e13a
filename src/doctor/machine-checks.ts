import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, rm, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { lettersDiffer } from '../render/letters.ts';
import { type Check, ok, warning } from './check.ts';

/** With less than this the databases stop taking what comes in. */
const LITTLE_ROOM = 500e6;

/** Whether pictures have letters: without fonts each is the same empty box, and nobody reports an error. */
export const fontsCheck: Check = {
  name: 'Fonts',
  standing: false,
  async look() {
    if (await lettersDiffer()) return [ok('Fonts', 'the shipped ones draw')];
    throw new Failure(
      'misconfigured',
      'Every letter is drawn as the same box.',
      'Run npm ci again (the fonts are the package dejavu-fonts-ttf) and make the folder of TMPDIR writable.',
    );
  },
};

/** Whether the folder of the databases can be written to, through to the disk, and has room. */
export function dataFolderCheck(folder: string): Check {
  const name = 'Data folder';
  return {
    name,
    standing: true,
    async look() {
      const path = resolve(folder);
      const probe = join(path, `.doctor-${randomUUID()}`);
      try {
        await mkdir(path, { recursive: true });
        await access(path, constants.W_OK);
        const file = await open(probe, 'wx', 0o600);
        try {
          await file.writeFile('x');
          await file.sync();
        } finally {
          await file.close();
          await rm(probe, { force: true });
        }
      } catch (thrown) {
        const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
        throw new Failure(
          'misconfigured',
          `${path} cannot be written to (${code}).`,
          'Give the user of the bot the right to write there, make room, or set CAUSEWAY_DATA to another folder.',
          { cause: thrown },
        );
      }
      const { bavail, bsize } = await statfs(path);
      const free = bavail * bsize;
      const seen = `${path} is writable, ${Math.round(free / 1e6)} MB free`;
      if (free >= LITTLE_ROOM) return [ok(name, seen)];
      return [warning(name, seen, 'Make room, or lower `traces.keepMegabytes` in causeway.yml.')];
    },
  };
}
