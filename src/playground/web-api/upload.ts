import { type Exchange, readBody } from '../../http.ts';
import type { Site } from './method.ts';
import { fileContent } from './multipart.ts';

const ENVELOPE = 64 * 1024;

/** Takes the bytes of a file: as they are, or as the one part of a form, which is how the Node client sends them. */
export async function takeUpload({ request, response, params }: Exchange, site: Site): Promise<void> {
  const file = site.files.get(params.id ?? '');
  if (file === undefined || file.status !== 'announced') {
    request.resume();
    answer(404, 'no such upload, or it was used before');
    return;
  }
  const body = await readBody(request, file.size + ENVELOPE);
  const content = await fileContent(body, request.headers['content-type'] ?? '');
  if (content === undefined) {
    answer(400, 'the form holds no file');
  } else if (content.length !== file.size) {
    answer(400, `announced ${file.size} bytes, got ${content.length}`);
  } else {
    site.files.receive(file, content);
    answer(200, `OK - ${content.length}`);
  }

  function answer(status: number, text: string): void {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(text);
  }
}
