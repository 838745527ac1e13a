import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Picture, PictureRef } from '../model/message.ts';
import { slackFailure } from './failures.ts';
import { LIMITS } from './limits.ts';
import { clip, plain } from './mrkdwn.ts';
import type { CallSlack } from './web-api.ts';

const ticket = z.object({ upload_url: z.url(), file_id: z.string() });
const completed = z.object({ files: z.array(z.object({ id: z.string() })).min(1) });
const info = z.object({ file: z.object({ mimetype: z.string().optional() }) });

/** Pauses before each look at whether Slack has scanned the file, 17 s in all. It usually has after the first or second. */
const LOOKS_MS = [150, 250, 400, 700, 1_000, 1_500, 2_000, 3_000, 4_000, 4_000] as const;
const SEND_TIMEOUT_MS = 20_000;

/**
 * Stores a picture where an image block can name it.
 *
 * ```
 *   files.getUploadURLExternal ─ url, id ─▶ POST the bytes ─▶ files.completeUploadExternal ─▶ files.info until `mimetype`
 * ```
 *
 * The steps are called one by one because the SDK's shortcut sends `alt_text`, while Slack reads `alt_txt`. It is completed
 * without a channel: the message shows it, nothing else does. Before Slack has scanned the file, a message that names it
 * is refused with `invalid_blocks`, hence the looks at the end.
 */
export async function upload(call: CallSlack, picture: Picture): Promise<PictureRef> {
  if (picture.png.length === 0) {
    throw new Failure('bad-input', 'The picture is empty.', 'This is a bug in Causeway: please report it.');
  }
  const { upload_url, file_id } = await call(
    'files.getUploadURLExternal',
    {
      filename: picture.filename,
      length: picture.png.length,
      alt_txt: clip(plain(picture.alt), LIMITS.uploadAltText),
    },
    ticket,
  );
  await send(upload_url, picture.png);
  await call('files.completeUploadExternal', { files: [{ id: file_id, title: plain(picture.title) }] }, completed);
  await untilScanned(call, file_id);
  return { id: file_id };
}

async function send(url: string, png: Uint8Array): Promise<void> {
  let status: number;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Blob([Uint8Array.from(png)]),
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    });
    status = response.status;
    await response.body?.cancel();
  } catch (thrown) {
    throw slackFailure('the upload of a picture', thrown);
  }
  if (status === 200) return;
  throw new Failure(
    'unreachable',
    `Slack answered the upload of a picture with status ${status}.`,
    'It is tried again; the card goes out without its picture meanwhile.',
  );
}

async function untilScanned(call: CallSlack, id: string): Promise<void> {
  for (const pause of LOOKS_MS) {
    const { file } = await call('files.info', { file: id }, info);
    if (file.mimetype) return;
    await sleep(pause);
  }
  throw new Failure(
    'timed-out',
    'Slack did not finish looking at the picture in time.',
    'Ask for the full picture later; if it keeps happening, look at status.slack.com.',
  );
}
