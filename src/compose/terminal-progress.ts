import type { Step } from './watched.ts';

type Terminal = { readonly isTTY?: boolean | undefined; write(text: string): unknown };

const WIDTH = 30;
const CLEAR_LINE = '\r\u001b[2K';

/** A bar that grows in place; a log that cannot go back gets nothing. */
export function progressBar(terminal: Terminal): (done: number, of: number) => void {
  return (done, of) => {
    if (terminal.isTTY === true) terminal.write(`\r${barOf(done, of)} ${done} of ${of}${done >= of ? '\n' : ''}`);
  };
}

/**
 * How far an investigation has come. A terminal gets one line that is drawn over, with a bar while traces are read, and wiped
 * away when `end` is called; a log gets a plain line when a stage begins and when the reading is done.
 */
export function stepsShown(terminal: Terminal): { show(step: Step, backend: string): void; end(): void } {
  const said = new Set<string>();
  let drawn = false;
  const say = (line: string) => {
    if (!said.has(line)) terminal.write(`${line}\n`);
    said.add(line);
  };
  return {
    show(step, backend) {
      if (terminal.isTTY === true) {
        terminal.write(`${CLEAR_LINE}${lineOf(step, backend)}`);
        drawn = true;
      } else if (step.stage === 'searching') say(`Searching ${backend} …`);
      else if (step.done === 0) say(`Reading ${traces(step.of)} …`);
      else if (step.done === step.of) say(`Read ${traces(step.of)}.`);
    },
    end() {
      if (drawn) terminal.write(CLEAR_LINE);
      drawn = false;
    },
  };
}

function lineOf(step: Step, backend: string): string {
  if (step.stage === 'reading') return `${barOf(step.done, step.of)} ${step.done} of ${traces(step.of)}`;
  return `Searching ${backend} … ${step.done === 0 ? '' : step.done}`.trimEnd();
}

const traces = (count: number): string => `${count} ${count === 1 ? 'trace' : 'traces'}`;

function barOf(done: number, of: number): string {
  const filled = of === 0 ? WIDTH : Math.min(WIDTH, Math.round((WIDTH * done) / of));
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
}
