/*
 * Makes the page live: new messages come in, the composer sends, buttons press, dates are said in the reader's zone.
 * Everything drawn here was drawn by the server; the scripts only put it where it belongs.
 */
import './composer.js';
import { sayDates } from './dates.js';
import { channelList, goTo, openThread, refresh, show, threadList, toEnd } from './lists.js';
import { post } from './post.js';

const { channel, user } = document.body.dataset;

async function press(button) {
  const [, ts, block, action] = button.id.split('/');
  const article = button.closest('article');
  const link = JSON.parse(article.dataset.links ?? '{}')[button.id];
  if (link !== undefined) open(link, '_blank', 'noopener,noreferrer');
  button.setAttribute('aria-busy', 'true');
  await post('/playground/api/click', {
    channel: article.dataset.channel,
    ts,
    block_id: decodeURIComponent(block) || undefined,
    action_id: decodeURIComponent(action),
    user,
  });
  button.removeAttribute('aria-busy');
}

async function start(button) {
  button.setAttribute('aria-busy', 'true');
  const started = await post(`/playground/api/scenarios/${encodeURIComponent(button.dataset.scenario)}`, {});
  if (started === undefined) {
    button.removeAttribute('aria-busy');
    return;
  }
  toggleMenu(false);
}

function toggleMenu(wanted) {
  const is = wanted ?? !document.body.classList.contains('menu-open');
  document.body.classList.toggle('menu-open', is);
  const menu = document.getElementById('menu');
  menu.setAttribute('aria-expanded', String(is));
  menu.textContent = is ? 'Close' : 'Menu';
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.id.startsWith('press/')) return void press(button);
  if (button?.dataset.scenario !== undefined) return void start(button);
  if (button?.id === 'menu' || button?.id === 'empty-menu') return toggleMenu();
  const link = event.target.closest('a.thread-link, a.close');
  if (link !== null && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    void goTo(link.href);
  }
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  if (document.body.classList.contains('menu-open')) toggleMenu(false);
  else if (openThread() !== undefined && event.target.value === undefined) void goTo(`/?channel=${channel}`);
});

/* ---- the live line ---- */

let shownRevision = document.body.dataset.revision;
const live = new EventSource('/playground/api/live');
live.addEventListener('message', (event) => show(JSON.parse(event.data)));
live.addEventListener('scenarios', (event) => {
  document.getElementById('scenarios').innerHTML = JSON.parse(event.data).html;
});
live.addEventListener('presence', (event) => presence(JSON.parse(event.data).connected));
live.addEventListener('error', () => presence(false));
live.addEventListener('hello', (event) => {
  const { revision, connected } = JSON.parse(event.data);
  presence(connected);
  // Something happened between the drawing of the page and this line, or while the line was down.
  if (revision !== shownRevision) void refresh(location.href, { scroll: true });
  shownRevision = revision;
});

function presence(connected) {
  const element = document.getElementById('presence');
  element.className = connected ? 'on' : 'off';
  element.textContent = connected ? 'The bot is connected' : 'The bot is not connected';
}

sayDates(document);
for (const list of [channelList(), threadList()]) if (list !== null) toEnd(list);
addEventListener('load', () => {
  for (const list of [channelList(), threadList()]) if (list !== null) toEnd(list);
});
