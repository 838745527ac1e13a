import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { type Component, MECHANISMS, type Quantity } from '../../src/model/finding.ts';
import type { Answered } from '../../src/model/investigation.ts';
import type { Message } from '../../src/model/message.ts';
import type { Analysis, Hypothesis } from '../../src/model/verdict.ts';
import { CARD_LIMIT, lengthOf } from '../../src/render/card.ts';
import { assertGrounded, groundsOf } from '../../src/render/grounding.ts';
import { lineText, plainText } from '../../src/render/plain-text.ts';
import { AUDIT, answered, CANNOT_TELL, CASCADE, evidence, finding, SINCE, testWords } from './speaking.ts';

const words = testWords();
const MINUTE = 60_000_000;

const LINKS = {
  runbook: 'https://wiki.test/checkout',
  dashboard: 'https://grafana.test/d/1',
  owner: 'javascript:alert(1)',
};
const CARDS: Readonly<Record<string, Answered>> = {
  'cause-fresh': answered(CASCADE),
  'cause-ongoing': answered(CASCADE, { rechecks: [{ at: SINCE + 7 * MINUTE, affected: 9, examined: 12 }], repeats: 2 }),
  'cause-stopped': answered(CASCADE, { rechecks: [{ at: SINCE + 7 * MINUTE, affected: 0, examined: 12 }] }),
  'cause-quiet': answered(CASCADE, { rechecks: [{ at: SINCE + 7 * MINUTE, affected: 0, examined: 0 }] }),
  'cause-resolved': answered(CASCADE, { resolvedAt: SINCE + 10 * MINUTE }),
  suspect: answered({ ...CASCADE, verdict: { ...CASCADE.verdict, kind: 'suspect', confidence: 'medium' } }),
  qualified: answered({
    ...CASCADE,
    verdict: {
      ...CASCADE.verdict,
      hypotheses: [
        { ...(CASCADE.verdict.hypotheses[0] as Hypothesis), qualifier: { key: 'service.version', value: '2' } },
      ],
    },
  }),
  'cannot-tell': answered(CANNOT_TELL),
  healthy: answered({
    ...CANNOT_TELL,
    verdict: { ...CANNOT_TELL.verdict, hypotheses: [], missing: [] },
    impact: { affected: 0, examined: 40 },
  }),
  lineage: answered(AUDIT),
};

describe('the card', () => {
  test.each(Object.entries(CARDS))('%s', async (name, of) => {
    const card = words.card(of, { links: LINKS, picture: { id: 'F1' } });
    expect(lengthOf(card)).toBeLessThanOrEqual(CARD_LIMIT);
    await expect(`${card.summary}\n\n${plainText(card)}`).toMatchFileSnapshot(`../golden/cards/${name}.txt`);
  });

  test('titles its picture with the sentence, names as they are', () => {
    expect(words.picture(answered(CASCADE))).toMatchObject({
      title: 'auth does not answer before its callers give up.',
      subtitle: 'POST /checkout',
      marker: 'culprit',
    });
    expect(words.picture(answered(CANNOT_TELL))).toMatchObject({
      title: 'The traces do not show what broke.',
      marker: 'suspect',
    });
    expect(words.picture(answered(AUDIT)).alt).toMatch(/^Lineage: what the requests of user.id #6f touched/);
  });

  test('is the same for the same investigation', () => {
    expect(words.card(answered(CASCADE), {})).toEqual(testWords().card(answered(CASCADE), {}));
  });

  test('says which alert it is about, shortened: two that cannot be explained must not look alike', () => {
    const titled = (title: string): Answered => {
      const base = answered(CANNOT_TELL);
      if (base.trigger.kind !== 'alert') throw new Error('An alert woke it');
      return { ...base, trigger: { ...base.trigger, alert: { ...base.trigger.alert, title } } };
    };
    const second = (title: string) =>
      plainText(words.card(titled(title), {}))
        .split('\n')
        .filter((line) => line !== '')[1];
    expect(second('Orders taken back above 2 %')).toMatch(/^Orders taken back above 2 % · 1 of 1 /);
    expect(second(`Payments 77 ${'and more '.repeat(40)}`)).toMatch(/^Payments 77 [a-z ]{67}… · /);
    expect(words.card(titled('Orders slow'), {}).summary).toContain('Orders slow');
    const asked = { kind: 'command', traceId: 'a'.repeat(32), by: 'U1', channel: 'C1', request: 'r' } as const;
    expect(plainText(words.card({ ...titled('x'), trigger: asked }, {}))).not.toContain('x · ');
  });

  test('has the alert’s own links, but only web pages', () => {
    const text = plainText(words.card(answered(CASCADE), { links: LINKS }));
    expect(text).toContain('Runbook (https://wiki.test/checkout)');
    expect(text).not.toContain('javascript');
  });

  test('has a headline and a next step for every mechanism', () => {
    for (const mechanism of MECHANISMS) {
      const [top] = CASCADE.verdict.hypotheses;
      const hypotheses = [{ ...top, mechanism } as Hypothesis];
      const text = plainText(words.card(answered({ ...CASCADE, verdict: { ...CASCADE.verdict, hypotheses } }), {}));
      expect(text).toMatch(/^Cause: .*\.$/m);
      expect(text).toMatch(/^Next: .+$/m);
    }
  });

  test('links each number of a finding to its span, and to nothing where there is no page', () => {
    const items = (of: Message[]) =>
      of.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'list' ? part.items : [])));
    const linked = items([...words.findings(answered(CASCADE))]).flat();
    expect(linked).toContainEqual({
      link: 'http://jaeger.test/trace/4bf92f3577b34da6a3ce929d0e0e4736?uiFind=00f067aa0ba902b7',
      text: '2.9 s',
    });
    const bare = items([...testWords({ linkTo: () => undefined }).findings(answered(CASCADE))]).flat();
    expect(bare.some((piece) => typeof piece === 'object' && 'link' in piece)).toBe(false);
  });

  test('puts causes before amplifiers in the thread', () => {
    const summaries = words.findings(answered(CASCADE)).map(({ summary }) => summary);
    expect(summaries).toEqual([
      'auth does not answer before its callers give up.',
      'gateway → auth repeats failing calls and multiplies the load.',
    ]);
  });

  test('says in the thread what the verdict rests on, and nothing that merely changed', () => {
    const [cause] = CASCADE.findings;
    if (cause === undefined) throw new Error('The cascade has findings');
    const bystander = { ...cause, role: 'context', component: { kind: 'service', service: 'bystander' } } as const;
    const said = words.findings(answered({ ...CASCADE, findings: [bystander, ...CASCADE.findings] }));
    expect(said.map((message) => message.summary).join('\n')).not.toContain('bystander');
    expect(said.length).toBeGreaterThan(0);
    // Beside a lineage nobody is accused: only the lineage itself is said.
    expect(words.findings(answered({ ...AUDIT, findings: [cause] }))).toHaveLength(1);
  });

  test('shows a person as the hash only', () => {
    const tenant = evidence('tenant', { tenant: { unit: 'personal', value: 'bob@example.org' } });
    const [top] = CASCADE.verdict.hypotheses;
    const hypotheses = [{ ...top, evidence: [tenant] } as Hypothesis];
    const of = answered({ ...CASCADE, findings: [], verdict: { ...CASCADE.verdict, hypotheses } });
    const text = JSON.stringify([
      words.card(of, {}),
      words.card(answered(AUDIT), {}),
      ...words.findings(answered(AUDIT)),
    ]);
    expect(text).toContain('#15f');
    expect(text).not.toMatch(/bob@|u-1879|203\.0\.113/);
  });

  test('says a claim that no sentence knows by its name and values', () => {
    const odd = evidence('brand-new-claim', { delay: { unit: 'us', value: 5_000_000 } });
    const of = answered({
      ...CASCADE,
      findings: [finding(CASCADE.verdict.hypotheses[0] as Hypothesis, { evidence: [odd] })],
    });
    expect(plainText(words.findings(of)[0] as Message)).toContain('brand new claim, delay 5.0 s');
  });
});

describe('before and without a verdict', () => {
  const { status: _, answeredAt, gathering, analysis, rechecks, ...common } = answered(CASCADE);

  test('looking and failed', async () => {
    const opened = { ...common, status: 'opened' as const };
    const setback = { kind: 'unreachable', message: 'Jaeger does not answer.', hint: 'Check that it runs.', at: SINCE };
    const failed = { ...common, status: 'failed' as const, setback };
    const command = { kind: 'command' as const, traceId: 'a'.repeat(32), by: 'U1', channel: 'C1', request: 'r' };
    const said = [
      words.looking(opened),
      words.looking(opened, { traces: 1 }),
      words.looking({ ...opened, trigger: command }, { traces: 100 }),
      words.failed(failed, { again: true }),
      words.failed(failed, { again: false }),
    ];
    await expect(said.map(plainText).join('---\n')).toMatchFileSnapshot('../golden/cards/before.txt');
  });
});

const HOSTILE = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '<!channel>',
    '`code`\n\n*bold*',
    '\u202egnp.exe',
    'x'.repeat(5_000),
    'عملية الدفع '.repeat(40),
    '{component}',
    '99 of 100',
    '1',
    '2',
    '2.9',
    '9 s',
    '03:09',
    '31',
  ),
);
const COMPONENT: fc.Arbitrary<Component> = fc.oneof(
  fc.record({ kind: fc.constant('service' as const), service: HOSTILE }),
  fc.record({ kind: fc.constant('operation' as const), service: HOSTILE, operation: HOSTILE }),
  fc.record({ kind: fc.constant('edge' as const), from: HOSTILE, to: HOSTILE }),
  fc.record({
    kind: fc.constant('attribute' as const),
    key: HOSTILE,
    value: HOSTILE,
    services: fc.array(HOSTILE, { maxLength: 6 }),
  }),
);

describe('alerts that share a card', () => {
  const two = { alerts: 2, repeats: 0, titles: ['Orders fail', 'Payments slow'] };

  test('were woken by the cause where there is one; else they fired at the same time, and no more is known', () => {
    const said = (analysis: Analysis) => plainText(words.card(answered(analysis), { following: two }));
    expect(said(CASCADE)).toContain('Also woke: 2 alerts (Orders fail, Payments slow).');
    expect(said(CANNOT_TELL)).toContain('Fired at the same time: 2 alerts (Orders fail, Payments slow).');
    expect(said(CANNOT_TELL)).not.toContain('woke');
  });

  test('are said to have one cause only when both name it', () => {
    const line = (of: Analysis, to: Analysis) => words.sameCause(answered(of), answered(to), undefined).summary;
    expect(line(CASCADE, CASCADE)).toMatch(/same cause as .* Cause: auth does not answer/);
    expect(line(AUDIT, AUDIT)).toMatch(/same cause as .* Lineage: /);
    expect(line(CANNOT_TELL, CANNOT_TELL)).toMatch(/fired at the same time as .*; neither's traces show why\.$/);
    expect(line(CANNOT_TELL, CASCADE)).toMatch(/fired at the same time as .*; its own traces do not show why\.$/);
  });
});

describe('hostile names', () => {
  test('neither break a card nor make it long, and stay grounded', () => {
    const card = fc.record({
      component: COMPONENT,
      mechanism: fc.constantFrom(...MECHANISMS),
      entry: HOSTILE,
      title: HOSTILE,
      caller: HOSTILE,
      micros: fc.nat(1e10),
      note: HOSTILE,
      key: HOSTILE,
      value: HOSTILE,
    });
    fc.assert(
      fc.property(card, ({ component, mechanism, entry, title, caller, micros, note, key, value }) => {
        const proof = evidence(
          'gave-up',
          {
            caller: { unit: 'name', value: caller },
            callee: { unit: 'name', value: caller },
            limit: { unit: 'us', value: micros },
            needed: { unit: 'us', value: micros },
          },
          { with: 31, of: 40 },
        );
        const hypothesis: Hypothesis = {
          id: 'H1',
          component,
          mechanism,
          role: 'cause',
          score: 1,
          evidence: [proof, proof, proof],
          qualifier: { key, value },
        };
        const analysis: Analysis = {
          ...CASCADE,
          verdict: { ...CASCADE.verdict, hypotheses: [hypothesis, { ...hypothesis, id: 'H2', role: 'amplifier' }] },
          findings: [finding(hypothesis)],
          impact: { ...CASCADE.impact, entry },
        };
        const base = answered(analysis);
        const notes = [note, 'Suspects: 60 failed, 60 slow, 80 by chance; healthy ones by chance', note];
        if (base.trigger.kind !== 'alert') throw new Error('An alert woke it');
        const trigger = { ...base.trigger, alert: { ...base.trigger.alert, title } };
        const of: Answered = { ...base, trigger, gathering: { ...base.gathering, notes } };
        const said = [words.card(of, { links: LINKS }), ...words.findings(of)];
        expect(lengthOf(said[0] as Message)).toBeLessThanOrEqual(CARD_LIMIT);
        for (const message of said) expect(JSON.stringify(message)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
      }),
      { numRuns: 200 },
    );
  });
});

test('how the traces were found is told in small print, the most important first, as far as there is room', () => {
  const base = answered(CASCADE);
  const print = (notes: readonly string[]) => {
    const card = words.card({ ...base, gathering: { ...base.gathering, notes } }, {});
    return card.parts.flatMap((part) => (part.kind === 'note' ? [lineText(part.line)] : [])).join();
  };
  expect(print(['Tempo cuts traces', 'Reading stopped at 50 spans'])).toContain(
    ' Tempo cuts traces. Reading stopped at 50 spans. ',
  );
  const long = print(['a'.repeat(110), 'b'.repeat(110)]);
  expect(long).toContain('a'.repeat(110));
  expect(long).not.toContain('bbb');
});

test('late spans are told with how many came and what the verdict is now, where they changed it', () => {
  const base = answered(CASCADE);
  expect(words.amended(base)).toBeUndefined();
  const said = words.amended({ ...base, amended: { at: SINCE, spans: 816, traces: 1 } })?.summary;
  expect(said).toMatch(/^Late spans: 816 more of 1 trace came after the verdict, which now is: Cause: /);
});

describe('the grounding of a message', () => {
  const grounds = groundsOf(answered(CASCADE), (value) => value);
  const said = (...line: Message['parts']): Message => ({ summary: 'x', parts: line });
  const line = (text: string) => said({ kind: 'text', lines: [[text]] });

  test.each([
    '31 of 40 requests',
    'gave up after 1.0 s',
    '9.0× the load, 9 calls',
    'nothing but words',
    'D11 timeout',
    'H1 it is',
    '27 users',
  ])('accepts %s', (text) => {
    expect(() => assertGrounded(line(text), grounds)).not.toThrow();
  });

  test.each([
    '32 of 40 requests',
    '1.0 ms',
    '2.9s faster',
    '97 %',
    '8.9×',
    '03:10:00 UTC',
    'H9',
    '310',
    '1.0',
    '4 0',
  ])('refuses %s', (text) => {
    expect(() => assertGrounded(line(text), grounds)).toThrow(Failure);
  });

  test('looks everywhere: summary, bold, links, lists, tables, notes, pictures, times and names', () => {
    const bad: readonly Message[] = [
      { summary: '77 requests', parts: [] },
      said({ kind: 'headline', line: [{ bold: '77' }] }),
      said({ kind: 'list', items: [[{ link: 'https://x.test', text: '77' }]] }),
      said({ kind: 'note', line: ['77'] }),
      said({ kind: 'table', header: ['a'], rows: [['77']] }),
      said({ kind: 'picture', file: { id: 'F1' }, alt: '77 ms' }),
      said({ kind: 'text', lines: [[{ time: SINCE + 1, style: 'time' }]] }),
      said({ kind: 'text', lines: [[{ code: 'payments' }]] }),
    ];
    for (const message of bad) expect(() => assertGrounded(message, grounds)).toThrow(/stands in no evidence/);
  });

  test('takes a count beside a short name for what it is', () => {
    const named = answered({ ...CASCADE, impact: { ...CASCADE.impact, entry: 'h' } });
    expect(words.card(named, {}).summary).toContain('31 of 40 examined h request');
    const invented = { summary: '40 h', parts: [] };
    expect(() =>
      assertGrounded(
        invented,
        groundsOf(answered(CASCADE), (value) => value),
      ),
    ).toThrow('40 h');
  });

  test('does not let digits of a name vouch for a statement', () => {
    const value: Quantity = { unit: 'name', value: 'v2' };
    const named = { ...grounds, quantities: [...grounds.quantities, value] };
    expect(() => assertGrounded(line('on v2 now'), named)).not.toThrow();
    expect(() => assertGrounded(line('2 more'), named)).toThrow(Failure);
  });
});
