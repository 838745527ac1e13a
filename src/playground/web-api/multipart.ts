/** Reads a multipart form with the platform's own parser; undefined when it is broken. */
export async function readForm(body: Buffer, contentType: string): Promise<FormData | undefined> {
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  } catch {
    return undefined;
  }
}

/** The bytes of an upload: the body itself, or the first file of a form; undefined for a form without one. */
export async function fileContent(body: Buffer, contentType: string): Promise<Uint8Array | undefined> {
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) return body;
  const form = await readForm(body, contentType);
  for (const value of form?.values() ?? []) {
    if (typeof value !== 'string') return new Uint8Array(await value.arrayBuffer());
  }
  return undefined;
}
