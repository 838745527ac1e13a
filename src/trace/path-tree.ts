import { PairNumbers } from './pair-numbers.ts';

/**
 * Call paths as a tree that shares their beginnings: a path is its last step and the path before it. A hundred thousand
 * nested spans cost a hundred thousand nodes, not the square of it in text.
 */
export class PathTree {
  readonly #nodes = new PairNumbers();

  /** The path that goes on from `parent` (−1 for none) with a step. */
  node(parent: number, step: number): number {
    return this.#nodes.number(parent, step);
  }

  parent(node: number): number {
    return this.#nodes.first(node);
  }

  /** Steps from the root on. */
  steps(node: number): readonly number[] {
    const steps: number[] = [];
    for (let step = node; step >= 0; step = this.parent(step)) steps.push(this.#nodes.second(step));
    return steps.reverse();
  }
}
