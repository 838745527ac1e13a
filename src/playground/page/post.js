/* Sends what a person does, and tells them when it could not be done. */

let noticeTimer;
function notice(text) {
  const element = document.getElementById('notice');
  element.textContent = text;
  element.classList.add('up');
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => element.classList.remove('up'), 6000);
}

/** Sends JSON; whatever goes wrong is told to the reader. */
export async function post(path, body) {
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
