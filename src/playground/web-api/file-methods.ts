import { z } from 'zod';
import type { StoredFile } from '../workspace/message.ts';
import { wireFile } from '../workspace/wire.ts';
import { readBlocks } from './content.ts';
import { channelOf, speakable, threadOf } from './find.ts';
import { type Call, count, type Method, method, nested, Refusal, word } from './method.ts';

const LARGEST = 64 * 1024 * 1024;

/** The address that takes the bytes of a file, without the origin. */
export const uploadPath = (id: string): string => `/playground/slack/upload/${id}`;

const getUploadURLExternal = method({
  scopes: ['files:write'],
  arguments: z.object({
    filename: word,
    length: count,
    alt_txt: word.optional(),
    snippet_type: word.optional(),
  }),
  run(args, call) {
    if (args.length < 1)
      throw new Refusal('invalid_arguments', ['[ERROR] must be greater than 0 [json-pointer:/length]']);
    if (args.length > LARGEST) throw new Refusal('file_upload_size_restricted');
    if ((args.alt_txt?.length ?? 0) > 1000) throw new Refusal('alt_txt_too_large');
    const file = call.site.files.announce({
      name: args.filename,
      size: args.length,
      ...(args.alt_txt === undefined ? {} : { alt: args.alt_txt }),
    });
    return { upload_url: call.origin + uploadPath(file.id), file_id: file.id };
  },
});

/** How the Node client names a picture's alt text in vain is listed with the oddities: Slack's word is `alt_txt`. */
const completeUploadExternal = method({
  scopes: ['files:write'],
  arguments: z.object({
    files: nested(
      z.array(z.object({ id: z.string(), title: z.string().optional(), highlight_type: z.string().optional() })).min(1),
    ),
    channel_id: word.optional(),
    channels: word.optional(),
    thread_ts: word.optional(),
    initial_comment: word.optional(),
    blocks: z.unknown().optional(),
  }),
  run(args, call) {
    const uploads = args.files.map(({ id, title }) => ({ file: uploaded(call, id), title }));
    const place = args.channel_id ?? args.channels;
    const channel = place === undefined ? undefined : speakable(call, channelOf(call, place));
    const threadTs = channel === undefined ? undefined : threadOf(call, channel, args.thread_ts);
    // A comment wins over blocks, silently, as the reference says.
    const blocks =
      args.blocks === undefined || args.initial_comment !== undefined ? undefined : readBlocks(args.blocks, call.site);
    const completed = uploads.map(({ file, title }) => call.site.files.complete(file, title));
    call.site.later(() => {
      const ids = completed.flatMap((file) => call.site.files.process(file.id)?.id ?? []);
      if (channel === undefined || ids.length === 0) return;
      const message = call.site.workspace.post({
        channel: channel.id,
        user: call.site.workspace.bot.id,
        bot: true,
        subtype: 'file_share',
        text: args.initial_comment ?? '',
        files: ids,
        ...(blocks === undefined ? {} : { blocks }),
        ...(threadTs === undefined ? {} : { threadTs }),
      });
      for (const id of ids) {
        call.site.files.share(id, {
          channel: channel.id,
          ts: message.ts,
          ...(threadTs === undefined ? {} : { threadTs }),
        });
      }
    }, call.site.fileDelayMs);
    return { files: completed.map((file) => wireFile(file, call.origin)) };
  },
});

/** A file whose bytes have come and that nobody completed before. */
function uploaded(call: Call, id: string): StoredFile {
  const file = call.site.files.get(id);
  if (file === undefined || file.status === 'announced') throw new Refusal('file_not_found');
  if (file.status !== 'uploaded') throw new Refusal('invalid_arguments', ['[ERROR] file was completed before']);
  return file;
}

const info = method({
  scopes: ['files:read'],
  arguments: z.object({
    file: word,
    count: word.optional(),
    cursor: word.optional(),
    limit: word.optional(),
    page: word.optional(),
  }),
  run(args, call) {
    const file = call.site.files.get(args.file);
    if (file === undefined || file.status === 'announced' || file.status === 'uploaded') {
      throw new Refusal('file_not_found');
    }
    return { file: wireFile(file, call.origin), comments: [], response_metadata: { next_cursor: '' } };
  },
});

export const fileMethods: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal': getUploadURLExternal,
  'files.completeUploadExternal': completeUploadExternal,
  'files.info': info,
};
