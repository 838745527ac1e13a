import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { type Browser, chromium as launcher, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromium, describeWith } from '../needs.ts';
import { PNG, type Served, serve } from '../playground/serve.ts';

const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 360, height: 740 };
const QUIET = ['--disable-background-networking', '--no-first-run', '--disable-sync', '--disable-component-update'];

describeWith('chromium', chromium !== undefined, 'the page in a browser', () => {
  let slack: Served;
  let app: App;
  let browser: Browser;
  let channel: string;
  const clicks: { user: string; value: string | undefined }[] = [];

  beforeAll(async () => {
    slack = await serve();
    const clientOptions = {
      slackApiUrl: slack.origin + slack.playground.slackApiPath,
      retryConfig: { retries: 0 },
      timeout: 5_000,
    };
    const appToken = slack.playground.appToken;
    const receiver = new SocketModeReceiver({
      appToken,
      logLevel: LogLevel.ERROR,
      installerOptions: { clientOptions },
    });
    const token = slack.playground.botToken;
    app = new App({ token, receiver, clientOptions, logLevel: LogLevel.ERROR, deferInitialization: true });
    app.action('compare', async ({ ack, body, action, respond }) => {
      await ack();
      clicks.push({ user: body.user.id, value: 'value' in action ? action.value : undefined });
      await respond('Compared.');
    });
    app.command('/trace', async ({ ack, command }) => ack(`No trace ${command.text}.`));
    app.event('app_mention', async ({ event, say }) => {
      await say({ text: 'Two regions.', thread_ts: event.thread_ts ?? event.ts });
    });
    await app.init();
    await app.start();
    channel = (await slack.get('/playground/api/messages')).body.channel.id;
    browser = await launcher.launch({
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: ['--no-sandbox', '--disable-gpu', ...QUIET],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    await slack?.close();
  });

  async function postCard(title: string): Promise<string> {
    const id = await slack.upload(PNG, 'trace.png');
    const { ts } = await app.client.chat.postMessage({
      channel,
      text: title,
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: title } },
        { type: 'section', text: { type: 'mrkdwn', text: 'since <!date^1773327463^{date_num} {time}|then>' } },
        { type: 'image', slack_file: { id }, alt_text: 'the slowest trace' },
        {
          type: 'actions',
          elements: [
            { type: 'button', action_id: 'compare', value: 'i-1', text: { type: 'plain_text', text: 'Compare' } },
          ],
        },
      ],
    });
    return ts ?? '';
  }

  /** A page on which any error of the script, and any refused resource, fails the test. */
  async function open(
    viewport: { width: number; height: number },
    path = '/',
  ): Promise<{ page: Page; errors: string[] }> {
    const context = await browser.newContext({ viewport, timezoneId: 'Asia/Kolkata', locale: 'en-GB' });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('dialog', (dialog) => {
      errors.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(slack.origin + path);
    return { page, errors };
  }

  const overflow = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  test('an empty channel says what to do, and the incident starts from there', async () => {
    const { page, errors } = await open(NARROW, '/?channel=general');
    await page.getByText('Nothing is broken yet').waitFor();
    await page.getByRole('button', { name: 'Choose an incident' }).click();
    await page.getByRole('button', { name: /Logins time out/ }).click();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByText('The fault is on…').waitFor();
    expect(slack.scenarios.phase).toBe('fault');
    expect(await overflow(page)).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('a card arrives live with its picture and the reader’s own time; its button works', async () => {
    const { page, errors } = await open(WIDE);
    const ts = await postCard('Cause: auth');
    const card = page.locator(`#channel [id="m-${ts}"]`);
    await card.getByRole('heading', { name: 'Cause: auth' }).waitFor();
    // 2026-03-12 14:57:43 UTC, in India.
    await card.getByText('since 2026-03-12 20:27').waitFor();
    const picture = card.getByRole('img', { name: 'the slowest trace' });
    await picture.waitFor();
    await expect.poll(() => picture.evaluate((image) => Reflect.get(image, 'naturalWidth'))).toBe(1);
    await card.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('Compared.').waitFor();
    expect(clicks).toEqual([{ user: 'U0ALEXMOREAU', value: 'i-1' }]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test.each([
    ['1280', WIDE],
    ['360', NARROW],
  ])('a question in the thread is answered, at %s px', async (_, viewport) => {
    const ts = await postCard(`Suspect: ${'a-service-with-a-name-that-never-ends-'.repeat(3)}`);
    const { page, errors } = await open(viewport);
    await page.locator(`#channel [id="m-${ts}"] .thread-link`).click();
    const thread = page.getByRole('complementary', { name: 'Thread' });
    await thread.getByRole('textbox').fill('@Causeway who is affected?');
    await page.keyboard.press('Enter');
    await thread.getByText('Two regions.').waitFor();
    expect(await thread.getByRole('textbox').inputValue()).toBe('');
    expect(await page.locator('#channel').isVisible()).toBe(viewport === WIDE);
    expect(await overflow(page)).toBe(0);
    await page.goBack();
    await page.locator('#thread').waitFor({ state: 'detached' });
    await page.locator(`#channel [id="m-${ts}"]`).getByText('2 replies').waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('the composer knows the commands; keys alone are enough', async () => {
    const { page, errors } = await open(WIDE);
    await page.getByRole('textbox', { name: /Message #incidents/ }).focus();
    await page.keyboard.type('/t');
    await page.getByRole('option', { name: /\/trace/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('4bf92f');
    await page.keyboard.press('Enter');
    await page.getByText('No trace 4bf92f.').waitFor();
    await page.keyboard.type('/nonsense');
    await page.keyboard.press('Enter');
    await page.getByText('/nonsense is not a valid command.').waitFor();
    // A refused command is a 400, which the browser notes in its console.
    expect(errors.filter((error) => !error.includes('400'))).toEqual([]);
    await page.close();
  });

  test('hostile names are words on the page', async () => {
    const hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
    const { page, errors } = await open(NARROW);
    await slack.post('/playground/api/say', { channel: 'incidents', user: 'sam', text: hostile });
    await app.client.chat.postMessage({
      channel,
      text: hostile,
      blocks: [{ type: 'header', text: { type: 'plain_text', text: hostile } }],
    });
    const timesRead = async () => (await page.locator('#channel .list').innerText()).split(hostile).length - 1;
    const elements = () => page.locator('#channel :is(script, img[src="x"])').count();
    await expect.poll(timesRead).toBe(2);
    expect(await elements()).toBe(0);
    await page.reload();
    expect([await timesRead(), await elements()]).toEqual([2, 0]);
    expect(await overflow(page)).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('everything to press is big enough for a thumb', async () => {
    const ts = await postCard('Thumbs');
    const { page } = await open(NARROW, `/?thread=${ts}`);
    const small = await page.evaluate(`
      [...document.querySelectorAll('button, .channels a, .close, .thread-link')]
        .filter((one) => one.offsetParent !== null && one.offsetHeight < 44)
        .map((one) => one.outerHTML.slice(0, 80))`);
    expect(small).toEqual([]);
    await page.close();
  });
});
