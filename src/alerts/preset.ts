import type { z } from 'zod';
import type { AlertSource, SourceParts } from '../ports/alert-source.ts';
import { type GenericOptions, genericProof, mapped } from './generic.ts';
import { fieldPaths, type StatusWords, statusWords } from './mapping.ts';

/** A sender whose webhook is JSON that somebody can shape: generic, with the mapping already made. */
export type Preset = {
  readonly title: string;
  readonly fields: z.input<typeof fieldPaths>;
  readonly status: Partial<StatusWords>;
  /** The header that carries the token where the sender has one of its own. */
  readonly tokenHeader?: string;
  readonly deliveryHeader?: string;
};

/** What may be said about a preset: how it proves itself, and where the template was changed. */
export const presetOptions = genericProof.extend({
  fields: fieldPaths.partial().default({}),
  status: statusWords.optional(),
});

/** Makes the source of a preset; fields in the options win over the preset's one by one. */
export function preset({ title, fields, status, tokenHeader, deliveryHeader }: Preset) {
  const known = fieldPaths.parse(fields);
  const words = statusWords.parse(status);
  return (options: z.output<typeof presetOptions>, parts: Pick<SourceParts, 'name' | 'clock'>): AlertSource => {
    const header = options.tokenHeader ?? tokenHeader;
    const all: GenericOptions = {
      ...options,
      fields: { ...known, ...options.fields },
      status: options.status ?? words,
      ...(header === undefined ? {} : { tokenHeader: header }),
      ...(deliveryHeader === undefined ? {} : { deliveryHeader }),
    };
    return mapped(title, all, parts);
  };
}
