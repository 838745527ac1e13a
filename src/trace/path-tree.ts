import { at } from '../model/units.ts';
import { IntColumn } from './column.ts';

/** Steps of a path are kept as numbers below this, so that a pair of them is one exact number. */
const STEP_LIMIT = 2 ** 26;

/**
 * Call paths as a tree that shares their beginnings: a path is its last step and the path before it. A hundred thousand
 * nested spans cost a hundred thousand nodes, not the square of it in text.
 */
export class PathTree {
  readonly #parent = new IntColumn();
  readonly #step = new IntColumn();
  readonly #nodes = new Map<number, number>();

  get size(): number {
    return this.#step.size;
  }

  /** The path that goes on from `parent` (−1 for none) with a step. */
  node(parent: number, step: number): number {
    const key = (parent + 1) * STEP_LIMIT + step;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node = this.#step.size;
    this.#parent.push(parent);
    this.#step.push(step);
    this.#nodes.set(key, node);
    return node;
  }

  parent(node: number): number {
    return at(this.#parent.values, node);
  }

  /** Steps from the root on. */
  steps(node: number): readonly number[] {
    const steps: number[] = [];
    for (let step = node; step >= 0; step = this.parent(step)) steps.push(at(this.#step.values, step));
    return steps.reverse();
  }
}
