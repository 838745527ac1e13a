import { createElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Grant } from '../manifest.ts';
import type { Incident } from '../people/routes.ts';
import type { ScenarioState } from '../scenarios.ts';
import type { Channel, Person } from '../workspace/identities.ts';
import type { StoredMessage } from '../workspace/message.ts';
import { threads } from '../workspace/wire.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { STYLE_SHEETS } from './assets.ts';
import type { MessageView } from './message-view.ts';

/** Older messages stay in the channel, but not on the page. */
const MOST_SHOWN = 200;

export type PageFacts = {
  readonly workspace: Workspace;
  readonly view: MessageView;
  readonly grant: Grant;
  readonly reader: Person;
  readonly channel: Channel;
  /** The first message of the thread that is open. */
  readonly thread?: StoredMessage | undefined;
  readonly scenarios: readonly Incident[];
  readonly connected: boolean;
  /** The state that the page shows, for `Live`. */
  readonly revision: string;
};

const h = createElement;

/** The whole page as HTML: it reads without a script, and `page.js` makes it live. */
export function drawPage(facts: PageFacts): string {
  const { channel, thread, reader } = facts;
  const page = h(
    'html',
    { lang: 'en' },
    h(
      'head',
      null,
      h('meta', { charSet: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('title', null, `#${channel.name} · Causeway playground`),
      h('link', { rel: 'icon', href: '/playground/assets/icon.svg' }),
      ['blocks.css', ...STYLE_SHEETS].map((name) =>
        h('link', { key: name, rel: 'stylesheet', href: `/playground/assets/${name}` }),
      ),
      h('script', { type: 'module', src: '/playground/assets/page.js' }),
    ),
    h(
      'body',
      {
        className: thread === undefined ? '' : 'has-thread',
        'data-channel': channel.id,
        'data-thread': thread?.ts,
        'data-revision': facts.revision,
        'data-user': reader.id,
        'data-commands': JSON.stringify(facts.grant.commands),
      },
      h('a', { className: 'skip', href: '#messages' }, 'Skip to the messages'),
      sidebar(facts),
      channelPane(facts),
      threadPane(facts),
      h('div', { id: 'notice', role: 'status', 'aria-live': 'polite' }),
    ),
  );
  return `<!doctype html>${renderToStaticMarkup(page)}`;
}

function sidebar({ workspace, channel, scenarios, connected }: PageFacts): ReactNode {
  return h(
    'nav',
    { id: 'sidebar', 'aria-label': 'Channels and incidents' },
    h('h1', null, 'Causeway', h('small', null, 'playground')),
    presence(connected),
    h('h2', null, 'Channels'),
    h(
      'ul',
      { className: 'channels' },
      workspace.channels.map((one) =>
        h(
          'li',
          { key: one.id },
          h(
            'a',
            { href: `/?channel=${one.id}`, ...(one.id === channel.id ? { 'aria-current': 'page' as const } : {}) },
            h('span', { 'aria-hidden': true }, '#'),
            one.name,
          ),
        ),
      ),
    ),
    h('h2', { id: 'incidents-title' }, 'Start an incident'),
    h('ul', { id: 'scenarios', 'aria-labelledby': 'incidents-title' }, scenarios.map(scenarioItem)),
  );
}

export function presence(connected: boolean): ReactNode {
  const words = connected ? 'The bot is connected' : 'The bot is not connected';
  return h('p', { id: 'presence', className: connected ? 'on' : 'off' }, words);
}

function scenarioItem(scenario: Incident): ReactNode {
  const { className, words } = progress(scenario);
  return h(
    'li',
    { key: scenario.name },
    h(
      'button',
      { type: 'button', 'data-scenario': scenario.name, className, 'aria-busy': className === 'running' },
      h('strong', null, scenario.title),
      h('span', null, scenario.story),
      words === '' ? null : h('em', null, words),
    ),
  );
}

function progress(state: ScenarioState): { readonly className: string; readonly words: string } {
  switch (state.phase) {
    case 'idle':
      return { className: 'idle', words: '' };
    case 'starting':
      return { className: 'running', words: 'Starting the shop…' };
    case 'healthy traffic':
      return { className: 'running', words: 'Healthy traffic first…' };
    case 'fault':
      return { className: 'running', words: 'The fault is on…' };
    case 'alerting':
      return { className: 'running', words: 'The pager is about to ring…' };
    case 'done':
      return { className: 'done', words: 'The alert is out' };
    case 'failed':
      return { className: 'failed', words: state.error ?? 'It did not work.' };
  }
}

export const drawScenarios = (scenarios: readonly Incident[]): string =>
  renderToStaticMarkup(scenarios.map(scenarioItem));

function channelPane({ workspace, view, channel, reader }: PageFacts): ReactNode {
  const said = workspace.said(channel.id);
  const replies = threads(said);
  const whispers = workspace.whispers(channel.id).filter((one) => one.onlyFor === reader.id);
  const shown = [...said, ...whispers]
    .filter((message) => message.threadTs === undefined)
    .toSorted((a, b) => (a.ts < b.ts ? -1 : 1))
    .slice(-MOST_SHOWN);
  return h(
    'main',
    { id: 'channel' },
    h(
      'header',
      { className: 'bar' },
      h('button', { type: 'button', id: 'menu', 'aria-controls': 'sidebar', 'aria-expanded': false }, 'Menu'),
      h('h2', null, `#${channel.name}`),
      h('p', null, channel.purpose),
    ),
    h(
      'div',
      { id: 'messages', className: 'messages', role: 'log', 'aria-label': `Messages in ${channel.name}`, tabIndex: 0 },
      h('div', {
        className: 'list',
        dangerouslySetInnerHTML: { __html: shown.map((one) => view.html(one, replies.get(one.ts) ?? [])).join('') },
      }),
      emptyState(),
    ),
    composer(`Message #${channel.name} or type /`, 'channel'),
  );
}

/** Shown by the style sheet while the list before it is empty. */
function emptyState(): ReactNode {
  return h(
    'p',
    { className: 'empty' },
    'Nothing is broken yet: start one of the incidents, and Causeway will answer here with what went wrong and why.',
    h('button', { type: 'button', id: 'empty-menu' }, 'Choose an incident'),
  );
}

function threadPane({ workspace, view, channel, thread, reader }: PageFacts): ReactNode {
  if (thread === undefined) return null;
  const replies = workspace.replies(channel.id, thread.ts);
  const whispers = workspace
    .whispers(channel.id)
    .filter((one) => one.onlyFor === reader.id && one.threadTs === thread.ts);
  const listed = [...replies, ...whispers].toSorted((a, b) => (a.ts < b.ts ? -1 : 1));
  const html = [view.html(thread, replies), ...listed.map((reply) => view.html(reply, []))].join('');
  return h(
    'aside',
    { id: 'thread', 'aria-label': 'Thread' },
    h(
      'header',
      { className: 'bar' },
      h('h2', null, 'Thread'),
      h('p', null, `#${channel.name}`),
      h('a', { className: 'close', href: `/?channel=${channel.id}`, 'aria-label': 'Close the thread' }, '✕'),
    ),
    h(
      'div',
      { className: 'messages', role: 'log', 'aria-label': 'Messages in the thread', tabIndex: 0 },
      h('div', { className: 'list', dangerouslySetInnerHTML: { __html: html } }),
    ),
    composer(`Reply or ask @${workspace.bot.realName}`, 'thread'),
  );
}

function composer(placeholder: string, place: 'channel' | 'thread'): ReactNode {
  const hints = `hints-${place}`;
  return h(
    'form',
    { className: 'composer', 'data-place': place, autoComplete: 'off' },
    h('ul', { className: 'hints', id: hints, role: 'listbox', 'aria-label': 'Commands', hidden: true }),
    h('textarea', {
      name: 'text',
      rows: 1,
      placeholder,
      'aria-label': placeholder,
      'aria-controls': hints,
      'aria-autocomplete': 'list',
      maxLength: 12_000,
      required: true,
    }),
    h('button', { type: 'submit' }, 'Send'),
  );
}
