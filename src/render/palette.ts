/**
 * Service colours that stay apart with red–green blindness as well (after Okabe & Ito 2008 and Tol's "muted"), without
 * reds: red means trouble in our pictures and nothing else. Every line also names its service, so that colour only helps.
 */
export const SERVICE_COLOURS = ['#0072b2', '#e69f00', '#009e73', '#88ccee', '#cc79a7', '#999933', '#332288'] as const;

/** Beyond the palette a colour would be confused with another: these share a grey. */
export const OTHER_COLOUR = '#8d8f94';

export const INK = { text: '#1d1c1d', quiet: '#5c5f66', grid: '#d9dbdf', trouble: '#c4122f', path: '#1d1c1d' } as const;

/** A colour for each service, in the order in which the services first appear. */
export function colourServices(services: Iterable<string>): ReadonlyMap<string, string> {
  const colours = new Map<string, string>();
  for (const service of services) {
    if (!colours.has(service)) colours.set(service, SERVICE_COLOURS[colours.size] ?? OTHER_COLOUR);
  }
  return colours;
}
