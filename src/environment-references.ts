/** A reference to a variable that is not set, and where in the file it stands. */
export type Unset = { readonly where: string; readonly variable: string };

const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/**
 * The content of `causeway.yml` with its references to the environment filled in, so that the file holds no secret and can
 * be shown to anybody. A reference is a text that is nothing but `${NAME}`; texts that only contain one stay as they are.
 *
 * ```
 *   tokens: ${GRAFANA_TOKEN}                       → tokens: "s3cret"
 *   trace: https://jaeger.example.com/{traceId}    stays
 * ```
 */
export function fillReferences(
  content: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly content: unknown; readonly unset: readonly Unset[] } {
  const unset: Unset[] = [];
  const filled = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => filled(item, [...path, index]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, [...path, key])]));
    }
    const variable = typeof value === 'string' ? REFERENCE.exec(value.trim())?.[1] : undefined;
    if (variable === undefined) return value;
    const found = (environment[variable] ?? '').trim();
    if (found === '') unset.push({ where: path.join('.'), variable });
    return found;
  };
  return { content: filled(content, []), unset };
}
