import { changeEvents, changeOptions } from '../alerts/change-events.ts';
import type { Config } from '../config.ts';
import { Failure } from '../failure.ts';
import type { AlertSource } from '../ports/alert-source.ts';
import type { Clock } from '../ports/clock.ts';
import { canProve } from './senders.ts';

/** The address of changes, `/webhooks/changes`, where the configuration says who may tell of them; else none. */
export function openChanges(config: Config, clock: Clock): readonly AlertSource[] {
  if (config.changes === undefined) return [];
  const options = changeOptions.safeParse(config.changes);
  if (!options.success) {
    const wrong = options.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
    throw new Failure(
      'misconfigured',
      `The options of \`changes\` are wrong: ${wrong.join('; ')}.`,
      `Mend them in the configuration. Known names are ${Object.keys(changeOptions.shape).join(', ')}.`,
    );
  }
  if (!canProve(config.changes)) {
    throw new Failure(
      'misconfigured',
      'changes: there is nothing by which a change could prove where it is from.',
      'Give `changes` its `tokens`; `unsigned: true` takes anybody’s.',
    );
  }
  return [changeEvents(options.data, { name: 'changes', clock })];
}
