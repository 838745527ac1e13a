/* Saying something: the field that grows, the commands it knows, and sending. */
import { openThread, toEnd } from './lists.js';
import { post } from './post.js';

const { channel, user } = document.body.dataset;
const commands = JSON.parse(document.body.dataset.commands ?? '[]');

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

function write(field, text) {
  field.value = text;
  suggest(field);
  grow(field);
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
  if (text === '') return;
  // Emptied at once, so that whoever types on while it is sent loses no letter; given back if it could not be sent.
  write(field, '');
  const said = await post('/playground/api/say', {
    channel,
    user,
    text,
    ...(form.dataset.place === 'thread' ? { thread_ts: openThread() } : {}),
  });
  if (said === undefined) {
    if (field.value === '') write(field, text);
    return;
  }
  const list = form.parentElement.querySelector('.list');
  if (list !== null) toEnd(list);
});
