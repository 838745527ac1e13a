import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { severalBackends } from '../../src/backends/several.ts';
import { Database } from '../../src/database.ts';
import { Failure } from '../../src/failure.ts';
import type { Investigation, ThreadRef } from '../../src/model/investigation.ts';
import type { Message, Picture } from '../../src/model/message.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Chat } from '../../src/ports/chat.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Question } from '../../src/ports/questions.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { createQuestions, type QuestionParts } from '../../src/questions/questions.ts';
import { plainText } from '../../src/render/plain-text.ts';
import { embeddedStore } from '../../src/store/embedded.ts';
import { embeddedLedger } from '../../src/store/embedded-ledger.ts';
import { draw, drawnTraceId } from '../draw.ts';
import { answered, CASCADE, testWords } from '../render/speaking.ts';

const THREAD: ThreadRef = { channel: 'C1', ts: '1795317000.000100' };
const SPANS = draw(`
gateway  POST /checkout  server  0..1020  !"upstream said 503"
  auth   POST /verify    server  10..1000
`);
const ANSWERED = answered({ ...CASCADE, exemplar: { suspect: drawnTraceId(1) }, culpritSpans: [] }, { thread: THREAD });

/** A channel in memory that keeps what was said, and can break before or after it took a message. */
class Channel implements Chat {
  readonly said: { readonly key: string; readonly thread: ThreadRef; readonly message: Message }[] = [];
  readonly pictures: Picture[] = [];
  breakage: 'none' | 'before' | 'after' | 'upload' = 'none';

  async open(): Promise<ThreadRef> {
    throw new Error('No question opens a thread');
  }
  async amend(): Promise<void> {
    throw new Error('No question edits a message');
  }
  async reply(thread: ThreadRef, message: Message, key: string): Promise<ThreadRef> {
    if (this.breakage === 'before') throw new Failure('unreachable', 'The chat does not answer.', 'Wait.');
    this.said.push({ key, thread, message });
    if (this.breakage === 'after') throw new Failure('timed-out', 'The chat did not say whether it took it.', 'Look.');
    return { channel: thread.channel, ts: `2.${this.said.length}` };
  }
  async upload(picture: Picture) {
    if (this.breakage === 'upload') throw new Failure('too-large', 'The workspace takes no files.', 'Ask its owner.');
    this.pictures.push(picture);
    return { id: `F${this.pictures.length}` };
  }
  async find(where: { readonly channel: string; readonly thread?: ThreadRef }, key: string) {
    const index = this.said.findIndex((each) => each.key === key && each.thread.ts === where.thread?.ts);
    return index < 0 ? undefined : { channel: where.channel, ts: `2.${index + 1}` };
  }
  async permalink() {
    return undefined;
  }
}

function backend(spans: readonly SpanRecord[] | Failure): TraceBackend {
  return {
    title: 'a backend',
    async *fetch(ids) {
      if (spans instanceof Failure) throw spans;
      yield spans.filter((span) => ids.includes(span.traceId));
    },
    search: async () => [],
    services: async () => [],
    linkTo: () => undefined,
    check: async () => ({ ok: true, detail: '' }),
  };
}

describe('questions in a thread', () => {
  let folder: string;
  let database: Database;
  let parts: QuestionParts;
  let channel: Channel;
  const warnings: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'causeway-questions-'));
    database = Database.open(join(folder, 'causeway.db'));
    channel = new Channel();
    warnings.length = 0;
    const log = (_: unknown, message: string) => void warnings.push(message);
    parts = {
      store: embeddedStore({ database, clock: systemClock }),
      ledger: embeddedLedger({ database, clock: systemClock }),
      chat: channel,
      backend: backend(new Failure('not-found', 'The backend forgot.', 'Nothing.')),
      words: testWords(),
      log: { info: log, warn: log, error: log },
    };
  });
  afterEach(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const keep = async (investigation: Investigation, spans: readonly SpanRecord[] = SPANS) => {
    await parts.store.update(investigation.id, () => investigation);
    await parts.store.keepTraces(investigation.id, spans);
  };
  const question = (text: string, more: Partial<Question> = {}): Question => ({
    thread: THREAD,
    text,
    by: 'U1',
    key: `k:${text}`,
    addressed: true,
    ...more,
  });
  const ask = (text: string, more?: Partial<Question>) => createQuestions(parts).answer(question(text, more));
  const texts = () => channel.said.map(({ message }) => plainText(message));

  test('are answered once, however often they are delivered', async () => {
    await keep(ANSWERED);
    expect(await ask('who is affected?')).toBe('answered');
    expect(await ask('who is affected?')).toBe('duplicate');
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toContain('31 of 40');
    expect(channel.said[0]).toMatchObject({ key: 'question:k:who is affected?', thread: THREAD });
  });

  test('are answered from what was kept when the backend has forgotten', async () => {
    await keep(ANSWERED);
    await ask('where did the time go?');
    expect(texts()[0]).toContain('auth POST /verify: 990 ms');
    expect(warnings).toEqual([]);
  });

  test('look into the backend when nothing was kept, and say so when it has nothing either', async () => {
    await keep(ANSWERED, []);
    await ask('where did the time go?');
    expect(texts()[0]).toContain('were not kept');
    expect(warnings).toHaveLength(1);
    parts = { ...parts, backend: backend(SPANS) };
    await ask('where did all the time go?');
    expect(texts()[1]).toContain('auth POST /verify: 990 ms');
  });

  test('one of several places down: the answer stands on what the others have, and says whose spans it lacks', async () => {
    await keep(ANSWERED, []);
    const [gateway, auth] = [SPANS.slice(0, 1), SPANS.slice(1)];
    const down = (title: string): TraceBackend => ({
      ...backend(new Failure('unreachable', `Nobody listens at ${title}.`, 'Start it.')),
      title,
    });
    const places = [{ backend: backend(gateway) }, { backend: backend(auth) }] as const;
    parts = { ...parts, backend: severalBackends([...places, { backend: down('Tempo at http://127.0.0.1:9') }]) };
    await ask('where did the time go?');
    expect(texts()[0]).toContain('auth POST /verify: 990 ms');
    expect(texts()[0]).toContain('Spans are missing: Nobody listens at Tempo at http://127.0.0.1:9.');
    expect(channel.said[0]?.message.parts.at(-1)?.kind).toBe('buttons');
    expect(warnings).toEqual([]);

    parts = { ...parts, backend: severalBackends([{ backend: down('Tempo') }, { backend: down('Jaeger') }]) };
    await ask('where did all the time go?');
    expect(texts()[1]).toContain('were not kept');
    for (const title of ['Tempo', 'Jaeger']) expect(texts()[1]).toContain(`Nobody listens at ${title}.`);
  });

  test('a reply that never left is said by the next attempt', async () => {
    await keep(ANSWERED);
    channel.breakage = 'before';
    await expect(ask('what broke?')).rejects.toThrow('does not answer');
    channel.breakage = 'none';
    expect(await ask('what broke?')).toBe('answered');
    expect(texts()).toHaveLength(1);
  });

  test('a reply that left before the doubt is not said again', async () => {
    await keep(ANSWERED);
    channel.breakage = 'after';
    await expect(ask('what broke?')).rejects.toThrow('did not say');
    channel.breakage = 'none';
    expect(await ask('what broke?')).toBe('answered');
    expect(await ask('what broke?')).toBe('duplicate');
    expect(texts()).toHaveLength(1);
  });

  test('a picture comes with the answer, and its failure is told while the words stand', async () => {
    await keep(ANSWERED);
    await ask('full picture');
    const [first] = channel.said;
    expect(first?.message.parts.find((part) => part.kind === 'picture')).toMatchObject({ file: { id: 'F1' } });
    expect(channel.pictures[0]?.png.length).toBeGreaterThan(1_000);
    channel.breakage = 'upload';
    await ask('draw it again');
    expect(texts()[1]).toContain('The workspace takes no files.');
  });

  test('whoever was not addressed is answered only when it is plainly a question', async () => {
    await keep(ANSWERED);
    const unaddressed = { addressed: false };
    expect(await ask('I will restart the auth pod', unaddressed)).toBe('not-ours');
    expect(await ask('<@U999> who is affected?', unaddressed)).toBe('not-ours');
    expect(await ask('yes', unaddressed)).toBe('not-ours');
    expect(await ask('who is affected?', unaddressed)).toBe('answered');
    expect(await ask('gibberish indeed')).toBe('answered');
    expect(texts()[1]).toContain('I am not sure what you ask');
  });

  test('in a thread that is not ours there is silence, unless the bot was addressed', async () => {
    expect(await ask('what broke?', { addressed: false })).toBe('not-ours');
    expect(channel.said).toEqual([]);
    expect(await ask('what broke?')).toBe('answered');
    expect(texts()[0]).toContain('There is no investigation in this thread');
  });

  test('before and without a verdict the truth is told', async () => {
    const { status: _, answeredAt, gathering, analysis, rechecks, ...common } = ANSWERED;
    await keep({ ...common, status: 'opened' });
    await ask('what broke?');
    expect(texts()[0]).toContain('still looking');
    const setback = { kind: 'unreachable', message: 'Jaeger does not answer.', hint: 'Check that it runs.', at: 1 };
    await parts.store.update(common.id, () => ({ ...common, status: 'failed', setback }));
    await ask('what broke now?');
    expect(texts()[1]).toContain('Jaeger does not answer.');
    expect(texts()[1]).toContain('Check that it runs.');
  });

  test('a failure on the way is the answer, and is logged', async () => {
    await keep(ANSWERED);
    const broken = {
      ...parts.store,
      keptTraces: () => Promise.reject(new Failure('busy', 'The disk is slow.', 'Wait.')),
    };
    parts = { ...parts, store: broken };
    expect(await ask('what broke?')).toBe('answered');
    expect(texts()[0]).toContain('The disk is slow.');
    expect(warnings).toHaveLength(1);
  });

  test('an opinion is remembered, one a person, and counted each time that it is said', async () => {
    await keep(ANSWERED);
    const judgements: string[] = [];
    parts = { ...parts, judged: (answer) => judgements.push(answer) };
    await ask('yes', { key: 'k1' });
    await ask('yes', { key: 'k1' });
    await ask('no', { key: 'k2' });
    await ask('who is affected?', { key: 'k3' });
    expect(judgements).toEqual(['yes', 'no']);
    expect(await parts.ledger.read(`feedback:${ANSWERED.id}:#2f`)).toBe('feedback-no');
  });
});
