import type { Step } from '../investigation/from-backend.ts';

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
 * How far an investigation has come. A terminal gets one bar for both stages, which is wiped away when `end` is called; a log
 * gets a plain line when a stage begins and when it is done.
 */
export function stepsShown(terminal: Terminal): { show(step: Step, backend: string): void; end(): void } {
  const said = new Set<string>();
  let drawn = false;
  const say = (line: string) => {
    if (!said.has(line)) terminal.write(`${line}\n`);
    said.add(line);
  };
  return {
    show({ stage, done, of }, backend) {
      if (terminal.isTTY === true) {
        terminal.write(`${CLEAR_LINE}${barOf(done, of)} ${done} of ${of} ${THINGS[stage]}`);
        drawn = true;
      } else if (done === 0) say(stage === 'searching' ? `Searching ${backend} …` : `Reading ${of} traces …`);
      else if (done === of && stage === 'reading') say(`Read ${of} traces.`);
    },
    end() {
      if (drawn) terminal.write(CLEAR_LINE);
      drawn = false;
    },
  };
}

const THINGS = { searching: 'searches', reading: 'traces' } as const;

function barOf(done: number, of: number): string {
  const filled = of === 0 ? WIDTH : Math.min(WIDTH, Math.round((WIDTH * done) / of));
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
}
