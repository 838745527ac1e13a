import { describe, expect, test } from 'vitest';
import { progressBar, stepsShown } from '../../src/compose/terminal-progress.ts';

function terminal(isTTY: boolean) {
  let written = '';
  return {
    isTTY,
    write: (text: string) => {
      written += text;
    },
    text: () => written,
  };
}

const STEPS = [
  { stage: 'searching', done: 0 },
  { stage: 'searching', done: 1 },
  { stage: 'searching', done: 2 },
  { stage: 'reading', done: 0, of: 50 },
  { stage: 'reading', done: 25, of: 50 },
  { stage: 'reading', done: 50, of: 50 },
] as const;

describe('how far an investigation has come', () => {
  test('a log gets plain lines, each once', () => {
    const log = terminal(false);
    const steps = stepsShown(log);
    for (const step of [...STEPS, ...STEPS]) steps.show(step, 'Jaeger');
    steps.end();
    expect(log.text()).toBe('Searching Jaeger …\nReading 50 traces …\nRead 50 traces.\n');
  });

  test('a terminal gets one line that is drawn over and wiped away', () => {
    const screen = terminal(true);
    const steps = stepsShown(screen);
    for (const step of STEPS) steps.show(step, 'Jaeger');
    expect(screen.text()).not.toContain('\n');
    expect(screen.text()).toContain('Searching Jaeger … 2');
    expect(screen.text()).toContain(`${'█'.repeat(15)}${'░'.repeat(15)} 25 of 50 traces`);
    steps.end();
    expect(screen.text().endsWith('\r\u001b[2K')).toBe(true);
    const length = screen.text().length;
    steps.end();
    expect(screen.text()).toHaveLength(length);
  });

  test('nothing to do is a full bar, and a log gets none of it', () => {
    const screen = terminal(true);
    progressBar(screen)(0, 0);
    expect(screen.text()).toContain(`${'█'.repeat(30)} 0 of 0`);
    const log = terminal(false);
    progressBar(log)(1, 2);
    expect(log.text()).toBe('');
  });
});
