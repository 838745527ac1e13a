import { randomBytes } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { Archive } from './archive.ts';
import { imageType } from './image-type.ts';
import type { StoredFile } from './message.ts';

const MICROS = 1_000_000;

export type FilesOptions = {
  readonly archive: Archive;
  readonly clock: Clock;
  /** What all files together may weigh, in bytes; the oldest go first. */
  readonly keepBytes: number;
};

/** Files and how far each has come; the bytes stay in the archive. */
export class Files {
  readonly #archive: Archive;
  readonly #clock: Clock;
  readonly #keepBytes: number;
  /** By id, oldest first. */
  readonly #files = new Map<string, StoredFile>();

  constructor(options: FilesOptions) {
    this.#archive = options.archive;
    this.#clock = options.clock;
    this.#keepBytes = options.keepBytes;
    for (const file of this.#archive.files()) this.#files.set(file.id, file);
    // What was still being looked at when the process ended is looked at now.
    for (const file of [...this.#files.values()]) if (file.status === 'completed') this.process(file.id);
  }

  get(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  content(id: string): Uint8Array | undefined {
    return this.#archive.content(id);
  }

  announce(about: { readonly name: string; readonly size: number; readonly alt?: string }): StoredFile {
    const file: StoredFile = {
      id: `F0${randomBytes(5).toString('hex').toUpperCase()}`,
      status: 'announced',
      created: Math.floor(this.#clock.now() / MICROS),
      name: about.name,
      title: about.name,
      size: about.size,
      ...(about.alt === undefined ? {} : { alt: about.alt }),
      mimetype: '',
      filetype: '',
      shares: [],
    };
    return this.#save(file);
  }

  receive(file: StoredFile, content: Uint8Array): StoredFile {
    const received = this.#save({ ...file, status: 'uploaded' }, content);
    this.#forgetOldest();
    return received;
  }

  complete(file: StoredFile, title: string | undefined): StoredFile {
    return this.#save({ ...file, status: 'completed', title: title ?? file.title });
  }

  /** Looks at the bytes and says what they are; after this the file may stand in a message. */
  process(id: string): StoredFile | undefined {
    const file = this.#files.get(id);
    const content = this.content(id);
    if (file === undefined || content === undefined) return undefined;
    return this.#save({ ...file, status: 'processed', ...imageType(content, file.name) });
  }

  share(id: string, place: StoredFile['shares'][number]): void {
    const file = this.#files.get(id);
    if (file !== undefined) this.#save({ ...file, shares: [...file.shares, place] });
  }

  #save(file: StoredFile, content?: Uint8Array): StoredFile {
    this.#archive.saveFile(file, content);
    this.#files.set(file.id, file);
    return file;
  }

  #forgetOldest(): void {
    let sum = 0;
    for (const file of this.#files.values()) sum += file.size;
    for (const file of [...this.#files.values()].slice(0, -1)) {
      if (sum <= this.#keepBytes) return;
      this.#archive.dropFile(file.id);
      this.#files.delete(file.id);
      sum -= file.size;
    }
  }
}
