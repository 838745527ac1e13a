import { isCollection, isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml';

/** Where things stand in a YAML text, for messages that name the line. */
export type Lines = {
  /**
   * ` (line 12)`: where the value at the path stands, or the member `key` of it, or the nearest thing around it that is
   * there; empty for the whole text.
   */
  at(path: readonly PropertyKey[], key?: string): string;
};

/** Throws what the parser throws where the text is no YAML. */
export function readYaml(text: string): { readonly content: unknown; readonly lines: Lines } {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const [error] = document.errors;
  if (error !== undefined) throw error;

  /** Where the value stands, or its member; what is not there stands where the nearest thing around it does. */
  function offsetOf(path: readonly PropertyKey[], key: string | undefined): number | undefined {
    let node: unknown = document.contents;
    for (const name of path) {
      // One thing may stand where a list of them is read, so it is its own first item.
      if (name === 0 && !isSeq(node)) continue;
      const inner: unknown = isCollection(node) ? node.get(name, true) : undefined;
      if (!isNode(inner)) return isNode(node) ? node.range?.[0] : undefined;
      node = inner;
    }
    const member = isMap(node) ? node.items.find((pair) => String(pair.key) === key)?.key : undefined;
    const found = isNode(member) ? member : node;
    return isNode(found) ? found.range?.[0] : undefined;
  }

  return {
    content: document.toJS(),
    lines: {
      at(path, key) {
        const offset = path.length === 0 && key === undefined ? undefined : offsetOf(path, key);
        return offset === undefined ? '' : ` (line ${counter.linePos(offset).line})`;
      },
    },
  };
}
