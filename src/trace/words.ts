import { at } from '../model/units.ts';
import { Dictionary } from './column.ts';
import { PathTree } from './path-tree.ts';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/**
 * The services, operations and call paths of a table, numbered in the order of its rows, so that the numbers do not depend
 * on how the spans arrived. Staged texts are translated by number: a million rows look no string up.
 */
export class Words {
  readonly texts = new Dictionary();
  readonly paths = new PathTree();
  readonly #staged: Dictionary;
  readonly #translated: Int32Array;
  /** A step is a service, a kind and an operation; the first path of one step numbers it. */
  readonly #steps = new PathTree();

  constructor(staged: Dictionary) {
    this.#staged = staged;
    this.#translated = new Int32Array(staged.size).fill(-1);
  }

  /** Number of a staged text. */
  text(staged: number): number {
    const known = at(this.#translated, staged);
    if (known >= 0) return known;
    const id = this.texts.id(this.#staged.text(staged));
    this.#translated[staged] = id;
    return id;
  }

  step(service: number, kind: number, operation: number): number {
    return this.#steps.node(this.#steps.node(this.#steps.node(-1, service), kind), operation);
  }

  /** A path as `gateway server POST /orders > orders client SELECT orders`. */
  pathText(path: number): string {
    return this.paths
      .steps(path)
      .map((step) => {
        const [service = 0, kind = 0, operation = 0] = this.#steps.steps(step);
        return `${this.texts.text(service)} ${KINDS[kind]} ${this.texts.text(operation)}`;
      })
      .join(' > ');
  }
}
