const SIGNATURES = [
  { mimetype: 'image/png', filetype: 'png', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { mimetype: 'image/jpeg', filetype: 'jpg', bytes: [0xff, 0xd8, 0xff] },
  { mimetype: 'image/gif', filetype: 'gif', bytes: [0x47, 0x49, 0x46, 0x38] },
] as const;

/** What the bytes are, whatever the name says: only these three kinds may stand in an image block. */
export function imageType(content: Uint8Array, name: string): { readonly mimetype: string; readonly filetype: string } {
  const found = SIGNATURES.find((one) => one.bytes.every((byte, at) => content[at] === byte));
  if (found !== undefined) return { mimetype: found.mimetype, filetype: found.filetype };
  if (/\.(txt|json|md|csv|log)$/i.test(name)) return { mimetype: 'text/plain', filetype: 'text' };
  return { mimetype: 'application/octet-stream', filetype: 'binary' };
}

export const isImage = (mimetype: string): boolean => SIGNATURES.some((one) => one.mimetype === mimetype);
