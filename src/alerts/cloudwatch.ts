/**
 * Amazon CloudWatch alarms, through an SNS topic.
 *
 * Set-up: in `causeway.yml` name the topics that the bot may listen to, since anybody can point a topic at it:
 *
 * ```yaml
 *   alerts:
 *     cloudwatch:
 *       topics: [arn:aws:sns:eu-west-1:123456789012:alarms]   # a * at the end stands for anything
 * ```
 *
 * Start the bot, then SNS → Topics → Create subscription: protocol HTTPS, endpoint `https://<bot>/webhooks/cloudwatch`,
 * raw message delivery off. The bot confirms the subscription by itself. Choose the topic as the action of the alarm, for
 * "In alarm" and for "OK". Signature version 2 is better (`aws sns set-topic-attributes --attribute-name SignatureVersion
 * --attribute-value 2`). With raw delivery nothing is signed: then add `?token=<token>` to the endpoint and list the token
 * under `tokens`. A link in the alarm's description becomes the runbook of the card.
 *
 * What is checked before anything is asked of the network: the topic, and that the certificate is on a host of Amazon's.
 * Then the RSA signature, and that it is not older than `windowSeconds` (SNS tries for an hour). The answer to an
 * "unsubscribe" is to do nothing.
 *
 * Source: Amazon SNS developer guide, "Verifying the signatures of Amazon SNS messages", "HTTP/HTTPS endpoints".
 */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { AlertSource, Delivery, Reading, SourceParts } from '../ports/alert-source.ts';
import { carriesOneOf, freshOrRefused, secretList, unproven } from './authenticity.ts';
import { readAlarm } from './cloudwatch-alarm.ts';
import { check, digestOf, keyOf, parseJson } from './payload.ts';
import { refuse } from './refusal.ts';
import { createSnsTrust, SnsMessage } from './sns.ts';
import { microsOf } from './times.ts';

export const cloudwatchOptions = z.strictObject({
  /** ARNs of topics that may send; `*` at the end stands for anything. */
  topics: z.array(z.string().startsWith('arn:')).default([]),
  /** For raw delivery, which is not signed. */
  tokens: secretList,
  /** Hosts beside Amazon's own that certificates and confirmations may be on, for a stand-in such as LocalStack. */
  hosts: z.array(z.string().min(1)).default([]),
  /** SNS tries for an hour; a little more for the clocks. */
  windowSeconds: z.number().int().positive().max(86_400).default(3_900),
});
type Options = z.output<typeof cloudwatchOptions>;

export function cloudwatch(
  options: Options,
  { name, clock, fetch }: Pick<SourceParts, 'name' | 'clock' | 'fetch'>,
): AlertSource {
  const trust = createSnsTrust(fetch, options.hosts);

  return {
    kind: name,
    title: 'CloudWatch',
    // SNS carries at most 256 kB; quotes in quotes may double it.
    bodyLimit: 1024 * 1024,
    async authenticate(delivery, signal) {
      if (carriesOneOf(options.tokens, delivery)) return;
      if (options.topics.length === 0) throw unproven('CloudWatch', options.tokens.length > 0, false, TOPICS);
      const message = messageIn(parseJson(delivery.body));
      if (message === undefined) throw unproven('CloudWatch', true, false, RAW);
      if (!options.topics.some((topic) => covers(topic, message.TopicArn))) {
        throw new Failure('unauthorized', 'The message is from a topic that is not ours.', TOPICS);
      }
      await trust.verify(message, signal);
      freshOrRefused(microsOf(message.Timestamp), clock.now(), options.windowSeconds);
    },
    read: (delivery) => read(delivery),
    refuse,
  };

  function read({ body }: Delivery): Reading {
    const json = parseJson(body);
    const message = messageIn(json);
    // Raw delivery: the body is the message.
    if (message === undefined) return readAlarm(name, json, digestOf(body), clock.now());
    switch (message.Type) {
      case 'SubscriptionConfirmation':
        return {
          handshake: async (signal) => {
            await trust.confirm(message, signal);
            return 'The subscription is confirmed.';
          },
        };
      case 'UnsubscribeConfirmation':
        return { ignored: 'The topic was unsubscribed, which is left so.' };
      case 'Notification': {
        const alarm = jsonIn(message.Message);
        if (alarm === undefined) return { ignored: 'A message that is not an alarm of CloudWatch.' };
        return readAlarm(name, alarm, keyOf(message.MessageId), microsOf(message.Timestamp) ?? clock.now());
      }
    }
  }
}

const TOPICS = 'List the ARN of the topic under `alerts.cloudwatch.topics`.';
const RAW = 'Switch raw message delivery off, or add a token of `alerts.cloudwatch.tokens` to the endpoint.';

/** The envelope of SNS, out of Lambda's list of one where it is in one; undefined for a bare message. */
function messageIn(json: unknown): SnsMessage | undefined {
  const records = z.object({ Records: z.array(z.object({ Sns: z.unknown() })).length(1) }).safeParse(json);
  const envelope = records.success ? records.data.Records[0]?.Sns : json;
  if (typeof envelope !== 'object' || envelope === null || !('Type' in envelope)) return undefined;
  return check(SnsMessage, envelope, 'Amazon SNS');
}

function covers(topic: string, arn: string): boolean {
  return topic.endsWith('*') ? arn.startsWith(topic.slice(0, -1)) : arn === topic;
}

/** People and other services write to topics too, and not always JSON. */
function jsonIn(text: string): unknown {
  try {
    return parseJson(Buffer.from(text));
  } catch {
    return undefined;
  }
}
