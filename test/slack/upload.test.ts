import { describe, expect, test } from 'vitest';
import type { Picture } from '../../src/model/message.ts';
import { failureOf, overStandIn } from './over-stand-in.ts';
import { refuse } from './stand-in.ts';

const held = overStandIn();

const PICTURE: Picture = {
  png: new Uint8Array([0x89, 0x50, 0x4e, 0x47]),
  width: 1,
  height: 1,
  filename: 'trace.png',
  title: 'The trace',
  alt: 'auth takes 2 s of 2.1 s',
};

describe('upload', () => {
  test('is in three steps, with the alt text as Slack spells it, and waits until the file can be shown', async () => {
    expect(await held.chat.upload(PICTURE)).toEqual({ id: 'F0PICTURE' });
    expect(held.slack.of('files.getUploadURLExternal')).toEqual([
      { filename: 'trace.png', length: '4', alt_txt: 'auth takes 2 s of 2.1 s' },
    ]);
    expect(held.slack.of('upload')).toHaveLength(1);
    expect(held.slack.of('files.completeUploadExternal')).toEqual([
      { files: '[{"id":"F0PICTURE","title":"The trace"}]' },
    ]);
    expect(held.slack.of('files.info')).toHaveLength(2);
  });

  test('an empty picture is not sent', async () => {
    expect((await failureOf(held.chat.upload({ ...PICTURE, png: new Uint8Array() }))).kind).toBe('bad-input');
    expect(held.slack.calls).toEqual([]);
  });

  test('fails where the bytes are not taken', async () => {
    held.slack.on('upload', () => ({ status: 413, body: 'no' }));
    expect((await failureOf(held.chat.upload(PICTURE))).kind).toBe('unreachable');
    expect(held.slack.of('files.completeUploadExternal')).toEqual([]);
  });

  test('fails where the workspace takes no files', async () => {
    held.slack.on('files.getUploadURLExternal', () => refuse('file_uploads_disabled'));
    expect((await failureOf(held.chat.upload(PICTURE))).kind).toBe('refused');
  });
});
