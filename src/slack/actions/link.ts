import type { App } from '@slack/bolt';

/** Buttons that open a page: Slack tells of the click all the same and wants to hear that it arrived. */
export function linkButton(app: App): void {
  app.action(/^link\b/, async ({ ack }) => {
    await ack();
  });
}
