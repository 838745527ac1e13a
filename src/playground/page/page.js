/*
 * Makes the page live: new messages come in, the composer sends, buttons press, dates are said in the reader's zone.
 * Everything drawn here was drawn by the server; the script only puts it where it belongs.
 */
const { channel, user } = document.body.dataset;
const openThread = () => document.body.dataset.thread;
const commands = JSON.parse(document.body.dataset.commands ?? '[]');

const channelList = () => document.querySelector('#channel .list');
const threadList = () => document.querySelector('#thread .list');

/* ---- dates ---- */

const zoned = (options) => (date) => date.toLocaleString(undefined, options);
const time = zoned({ hour: '2-digit', minute: '2-digit' });
const DATE_PARTS = {
  time,
  time_secs: zoned({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  date_num: (date) =>
    [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-'),
  date_slash: zoned({ year: 'numeric', month: '2-digit', day: '2-digit' }),
  date: zoned({ year: 'numeric', month: 'long', day: 'numeric' }),
  date_short: zoned({ year: 'numeric', month: 'short', day: 'numeric' }),
  date_long: zoned({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }),
  date_pretty: (date) => pretty(date, DATE_PARTS.date),
  date_short_pretty: (date) => pretty(date, DATE_PARTS.date_short),
  date_long_pretty: (date) => pretty(date, DATE_PARTS.date_long),
  ago: (date) => ago(date),
};

function pretty(date, otherwise) {
  const midnight = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const days = Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);
  return { '-1': 'tomorrow', 0: 'today', 1: 'yesterday' }[days] ?? otherwise(date);
}

function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}

function sayDates(root) {
  for (const element of root.querySelectorAll('time[data-format]')) {
    const date = new Date(element.dateTime);
    element.textContent = element.dataset.format.replace(/\{(\w+)\}/g, (token, name) => {
      const say = DATE_PARTS[name];
      return say === undefined ? token : say(date);
    });
    element.title = date.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
  }
}

/* ---- messages ---- */

const nearEnd = (list) => {
  const pane = list.parentElement;
  return pane.scrollHeight - pane.scrollTop - pane.clientHeight < 160;
};
const toEnd = (list) => {
  list.parentElement.scrollTop = list.parentElement.scrollHeight;
};

/** Puts a message where its `ts` belongs, in the place of the one that bore the same. */
function place(list, ts, html) {
  if (list === null) return;
  const stay = nearEnd(list);
  const old = [...list.children].find((one) => one.dataset.ts === ts);
  if (html === null) {
    old?.remove();
    return;
  }
  const holder = document.createElement('template');
  holder.innerHTML = html;
  const fresh = holder.content.firstElementChild;
  sayDates(fresh);
  if (old !== undefined) {
    const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
    old.replaceWith(fresh);
    if (focused !== '') document.getElementById(focused)?.focus();
  } else {
    const next = [...list.children].find((one) => one.dataset.ts > ts);
    list.insertBefore(fresh, next ?? null);
    fresh.classList.add('fresh');
  }
  if (stay) {
    toEnd(list);
    for (const image of fresh.querySelectorAll('img'))
      image.addEventListener('load', () => toEnd(list), { once: true });
  }
}

function show({ channel: where, ts, thread, html }) {
  if (where !== channel) return;
  if (ts === thread) place(channelList(), ts, html);
  if (thread === openThread()) place(threadList(), ts, html);
}

/** Reads the page again and takes over what it shows now. */
async function refresh(address, { scroll = false } = {}) {
  const answer = await fetch(address, { headers: { accept: 'text/html' } });
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  sayDates(fresh);
  for (const selector of ['#channel .list', '#scenarios', '#presence']) {
    const [now, then] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (now !== null && then !== null) now.replaceWith(document.adoptNode(then));
  }
  const draft = document.querySelector('#thread textarea')?.value;
  const sameThread = fresh.body.dataset.thread === openThread();
  const aside = fresh.querySelector('#thread');
  document.querySelector('#thread')?.remove();
  if (aside !== null) document.querySelector('#channel').after(document.adoptNode(aside));
  if (sameThread && draft) document.querySelector('#thread textarea').value = draft;
  document.body.classList.toggle('has-thread', aside !== null);
  if (fresh.body.dataset.thread === undefined) delete document.body.dataset.thread;
  else document.body.dataset.thread = fresh.body.dataset.thread;
  if (scroll) for (const list of [channelList(), threadList()]) if (list !== null) toEnd(list);
}

/* ---- threads open beside the channel, with an address of their own ---- */

let opener = null;

async function goTo(address) {
  const opened = new URL(address, location.href);
  const closing = opened.searchParams.get('thread') === null;
  if (!closing) opener = document.activeElement?.closest('article')?.id ?? null;
  await refresh(opened);
  history.pushState(null, '', opened);
  if (closing)
    document
      .getElementById(opener ?? '')
      ?.querySelector('.thread-link')
      ?.focus();
  else document.querySelector('#thread textarea')?.focus({ preventScroll: true });
  if (threadList() !== null) toEnd(threadList());
}

addEventListener('popstate', () => void refresh(location.href));

/* ---- doing things ---- */

let noticeTimer;
function notice(text) {
  const element = document.getElementById('notice');
  element.textContent = text;
  element.classList.add('up');
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => element.classList.remove('up'), 6000);
}

/** Sends JSON; whatever goes wrong is told to the reader. */
async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (answer.ok) return said;
    notice([said.error, said.hint].filter(Boolean).join(' '));
  } catch {
    notice('The bot does not answer. Is it still running?');
  }
  return undefined;
}

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

/* ---- composer ---- */

const hintsOf = (field) => document.getElementById(field.getAttribute('aria-controls'));

function suggest(field) {
  const hints = hintsOf(field);
  const typed = field.value;
  const fits = /^\/\S*$/.test(typed) ? commands.filter((one) => one.command.startsWith(typed)) : [];
  hints.replaceChildren(
    ...fits.map((one, at) => {
      const item = document.createElement('li');
      item.id = `${hints.id}-${at}`;
      item.role = 'option';
      item.dataset.command = one.command;
      const [name, usage, description] = ['strong', 'code', 'span'].map((tag) => document.createElement(tag));
      name.textContent = one.command;
      usage.textContent = one.usage;
      description.textContent = one.description;
      item.append(name, ' ', usage, description);
      return item;
    }),
  );
  hints.hidden = fits.length === 0;
  if (fits.length > 0) choose(field, 0);
  else field.removeAttribute('aria-activedescendant');
}

function choose(field, at) {
  const items = [...hintsOf(field).children];
  const index = (at + items.length) % items.length;
  for (const [position, item] of items.entries()) item.setAttribute('aria-selected', String(position === index));
  field.setAttribute('aria-activedescendant', items[index].id);
}

function accept(field, item) {
  field.value = `${item.dataset.command} `;
  suggest(field);
  field.focus();
}

function grow(field) {
  field.style.height = 'auto';
  field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
}

document.addEventListener('input', (event) => {
  if (!event.target.matches('.composer textarea')) return;
  suggest(event.target);
  grow(event.target);
});

document.addEventListener('keydown', (event) => {
  const field = event.target;
  if (!(field instanceof HTMLTextAreaElement) || event.isComposing) return;
  const hints = hintsOf(field);
  if (!hints.hidden) {
    const at = [...hints.children].findIndex((item) => item.getAttribute('aria-selected') === 'true');
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      return choose(field, at + step);
    }
    if (event.key === 'Tab' || (event.key === 'Enter' && field.value !== hints.children[at].dataset.command)) {
      event.preventDefault();
      return accept(field, hints.children[at]);
    }
    if (event.key === 'Escape') {
      hints.hidden = true;
      return;
    }
  }
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    field.form.requestSubmit();
  }
});

document.addEventListener('mousedown', (event) => {
  const item = event.target.closest('.hints li');
  if (item === null) return;
  event.preventDefault();
  accept(item.closest('form').elements.text, item);
});

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('.composer')) return;
  event.preventDefault();
  const field = form.elements.text;
  const text = field.value.trim();
  if (text === '' || form.ariaBusy === 'true') return;
  form.ariaBusy = 'true';
  const said = await post('/playground/api/say', {
    channel,
    user,
    text,
    ...(form.dataset.place === 'thread' ? { thread_ts: openThread() } : {}),
  });
  form.ariaBusy = null;
  if (said === undefined) return;
  field.value = '';
  suggest(field);
  grow(field);
  const list = form.parentElement.querySelector('.list');
  if (list !== null) toEnd(list);
});

/* ---- the live line ---- */

const live = new EventSource('/playground/api/live');
let wasLost = false;
live.addEventListener('message', (event) => show(JSON.parse(event.data)));
live.addEventListener('scenarios', (event) => {
  document.getElementById('scenarios').innerHTML = JSON.parse(event.data).html;
});
live.addEventListener('presence', (event) => presence(JSON.parse(event.data).connected));
live.addEventListener('error', () => {
  wasLost = true;
  presence(false);
});
live.addEventListener('open', () => {
  if (wasLost) void refresh(location.href, { scroll: true });
  wasLost = false;
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
