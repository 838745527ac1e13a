/* Where messages stand: the list of the channel, and the list of the thread beside it. */
import { sayDates } from './dates.js';

const { channel } = document.body.dataset;
export const openThread = () => document.body.dataset.thread;
export const channelList = () => document.querySelector('#channel .list');
export const threadList = () => document.querySelector('#thread .list');

const nearEnd = (list) => {
  const pane = list.parentElement;
  return pane.scrollHeight - pane.scrollTop - pane.clientHeight < 160;
};
export const toEnd = (list) => {
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

/** What arrives while the page is read anew; it may be newer than what is being read. */
const held = [];
let readings = 0;

export function show(message) {
  if (readings > 0) held.push(message);
  else put(message);
}

function put({ channel: where, ts, thread, html }) {
  if (where !== channel) return;
  if (ts === thread) place(channelList(), ts, html);
  if (thread === openThread()) place(threadList(), ts, html);
}

/** Reads the page again and takes over what it shows now. */
export async function refresh(address, options) {
  readings += 1;
  try {
    await takeOver(address, options);
  } finally {
    readings -= 1;
    if (readings === 0) for (const message of held.splice(0)) put(message);
  }
}

async function takeOver(address, { scroll = false } = {}) {
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

export async function goTo(address) {
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
