import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INTENTS, type Intent, readIntent } from '../../src/questions/intent.ts';

const SAYINGS: Readonly<Record<Intent, readonly string[]>> = {
  'root-cause': [
    "what's the root cause?",
    'why did this fail',
    'why is checkout so slow',
    'whats wrong with auth-service',
    'ok but what actually broke first',
    'is it us or the payment provider?',
    'What broke?',
    'why',
    '<@U123> what happened here',
    'so what is the cause',
    'waht is the root casue?',
    'why are we getting 503s',
    'whats causing this',
    "who's to blame",
    'which service is the culprit?',
  ],
  evidence: [
    'how do you know?',
    'show me the spans',
    'link the trace pls',
    'how sure are you',
    'what would prove you wrong?',
    'what else could it be',
    'did you rule out the DB?',
    'how do yuo know',
    'evidence?',
    'show me the evidence',
    'what makes you think it is auth',
    'are you sure about that',
    'why do you think that',
    'How can you tell?',
    'prove it',
  ],
  time: [
    'where did the 2.3s go',
    'where did the time go?',
    'slowest span?',
    'break down latency by service',
    "what's on the critical path",
    'is it network or code',
    'how much of that is waiting for the db',
    'what is it doing in those 400ms with nothing in the trace',
    'where is the time spent',
    'what takes so long',
    'which service took the most time',
    'Where did all of the time go',
    'where is all the latency going',
    'slowset step',
  ],
  errors: [
    'where does the 503 come from',
    'first error in this trace?',
    'who swallowed the exception',
    'show the exception message',
    'which errors?',
    'only errors from payments',
    'show errors',
    'errors?',
    'what is the error',
    'list all exceptions',
    "what's the error message",
    'where did the error start',
    'is there a stack trace',
    'just errors please',
  ],
  affected: [
    'who is affected',
    'Who is affected?',
    'who is affeced',
    'how many customers',
    'all regions or just eu-west-1',
    'is tenant acme hit',
    'which endpoints',
    'blast radius?',
    'is it everyone or one user',
    'how many users are hit',
    'how bad is it',
    'whats the impact?',
    'who does this affect',
    'impact?',
    'are customers affected',
  ],
  compare: [
    'compare with a good one',
    'Compare with a healthy trace',
    "what's different from yesterday",
    'compare with yesterday',
    'diff this against 4bf92f35',
    'was it like this before 14:00',
    'what changed?',
    'compare it to normal',
    'show me a healthy trace',
    'what does a normal request look like',
    'difference between good and bad',
    'comapre with baseline',
    'how is this different',
    'put it side by side',
  ],
  picture: [
    'full picture',
    'Full picture',
    'show me the whole trace',
    'show the waterfall',
    'bigger picture please',
    'can you draw it',
    'draw the trace',
    'zoom in',
    'send me the image',
    'full watrefall',
    'give me a larger image',
    'show the entire trace please',
    'picture?',
  ],
  still: [
    'is it still happening?',
    'Is it still happening?',
    'still going on?',
    'is it over',
    'when did it start',
    'since when',
    'did the rollback help',
    'getting worse or better?',
    'is this fixed now',
    'has it stopped',
    'how long was it down',
    'are we back',
    'is it resolved',
    'are users still affected',
  ],
  next: [
    'what next?',
    'what should I check next',
    'what should we do',
    'What now?',
    'how do we fix it',
    'should we roll back order-service',
    'next steps',
    'where should i look first',
    'what do you suggest',
    'any advice?',
    'who should I page',
    'how can we mitigate this',
    'waht should we do',
  ],
  feedback: [
    'Was this right?',
    'was this right',
    'was that correct',
    'was it helpful',
    'I have feedback',
    'give feedback',
    'leave feedback',
    'feedback',
    'rate this',
    'rate it',
    'how did you do',
    'was that wrong',
    'mark this',
  ],
  'feedback-yes': [
    'yes',
    'Yes',
    'yep',
    'that was right',
    'you were right',
    'good catch',
    'correct!',
    'spot on',
    "yes, that's it",
    'exactly',
    'mark as confirmed',
    'great job',
    'that is the cause',
    'confirmed',
  ],
  'feedback-no': [
    'no',
    'No',
    'nope',
    'that was wrong',
    'you were wrong',
    'wrong service',
    'false alarm',
    'that was not the cause',
    'that was the load test',
    "that's not it",
    'it was not right',
    'incorrect',
    'this is not the cause',
    'mark as wrong',
  ],
  lineage: [
    'who did this',
    'what did user u-123 touch',
    'which ip did it come from',
    'was any customer data read',
    'did anything leave to an external host',
    'list every hop with timestamps',
    'where did it come from',
    'what data was accessed',
    'who touched what?',
    'Who touched what?',
    'lineage',
    'where does this request come from',
    'show all hops',
    'what did this customer access',
  ],
  help: [
    'help',
    'Help!',
    'what can you do?',
    'what can I ask',
    'how does this work',
    'who are you',
    'hello',
    'what questions can I ask',
    'help me',
    'list commands',
    'show options',
    'how do I use this',
    'what are you',
  ],
};

/** Talk that is about something else, or about two things at once: no answer is better than a wrong one. */
const NOT_FOR_US = [
  'lunch?',
  'I will restart the auth pod',
  'can someone look at the database please',
  'joining the bridge in five',
  'thanks everybody',
  'ok',
  'errors are going down on my dashboard',
  'the customer called again',
  'I think we should wait for Anna',
  'deploying the revert now',
  'looking',
  'no idea, ask the payments team',
  'yes I am on it',
  'what a night',
  'time for coffee',
  'on the status page it says degraded',
  '',
  '???',
  '12345',
];

describe('the intent of a saying', () => {
  for (const intent of INTENTS) {
    test(`${intent}: a dozen ways to say it`, () => {
      expect(SAYINGS[intent].length).toBeGreaterThanOrEqual(12);
      const read = SAYINGS[intent].map((saying) => [saying, readIntent(saying)] as const);
      expect(read).toEqual(SAYINGS[intent].map((saying) => [saying, { intent }]));
    });
  }

  test('what is not asked is not answered', () => {
    const read = NOT_FOR_US.map((saying) => [saying, readIntent(saying).intent]);
    expect(read).toEqual(NOT_FOR_US.map((saying) => [saying, 'unsure']));
  });

  test('a button names its intent', () => {
    for (const intent of INTENTS) expect(readIntent(`ask:${intent}`)).toEqual({ intent });
    expect(readIntent('ask:nothing').intent).toBe('unsure');
  });

  test('mentions, case, punctuation and addresses change nothing', () => {
    const cases = fc.record({
      intent: fc.constantFrom(...INTENTS),
      which: fc.nat(11),
      before: fc.constantFrom('', '<@U0LAN0Z89> ', '@Causeway: ', '  '),
      after: fc.constantFrom('', '?', '!!', ' …', '\n', ' <https://example.test/why-did-it-fail>'),
      loud: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ intent, which, before, after, loud }) => {
        const saying = SAYINGS[intent][which] ?? 'help';
        return readIntent(`${before}${loud ? saying.toUpperCase() : saying}${after}`).intent === intent;
      }),
    );
  });

  test('any text is read without trouble, and the same twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(readIntent(text)).toEqual(readIntent(text));
      }),
    );
    expect(readIntent('why '.repeat(100_000)).intent).toBe('unsure');
  });
});
