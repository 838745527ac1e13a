import { z } from 'zod';
import type { Alert, AlertEvent } from '../model/alert.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Reading } from '../ports/alert-source.ts';
import { cut, type Detail, factsIn, labelsOf, linksInText, webLink } from './details.ts';
import { check, keyOf, Text } from './payload.ts';
import { microsOf } from './times.ts';
import { traceIdsIn } from './trace-ids.ts';

const Dimensions = z
  .array(z.object({ name: z.string(), value: z.string() }))
  .nullish()
  .catch([]);
const Metric = z.object({ MetricName: Text, Namespace: Text, Dimensions });

const Alarm = z.object({
  AlarmName: z.string().min(1).max(1_000),
  AlarmArn: Text,
  AlarmDescription: Text,
  AWSAccountId: Text,
  Region: Text,
  NewStateValue: z.string().max(100),
  NewStateReason: Text,
  StateChangeTime: Text,
  AlarmRule: Text,
  Trigger: Metric.extend({
    Metrics: z
      .array(z.object({ MetricStat: z.object({ Metric }).nullish().catch(undefined) }))
      .nullish()
      .catch([]),
  })
    .nullish()
    .catch(undefined),
  /** Of a composite alarm, which has no trigger of its own. */
  TriggeringChildren: z
    .array(z.object({ Arn: z.string() }))
    .nullish()
    .catch([]),
});
type Alarm = z.output<typeof Alarm>;

const STATES: ReadonlyMap<string, AlertEvent> = new Map([
  ['ALARM', 'triggered'],
  ['OK', 'resolved'],
]);
/** Dimensions that name what a trace calls a service, the most telling first. */
const SERVICE = [
  'service',
  'service.name',
  'ServiceName',
  'Service',
  'FunctionName',
  'ApiName',
  'QueueName',
  'ClusterName',
];

/** Reads the message of an alarm; other JSON on the topic is nothing to act on. */
export function readAlarm(source: string, json: unknown, delivery: string, now: EpochMicros): Reading {
  if (typeof json !== 'object' || json === null || !('AlarmName' in json || 'NewStateValue' in json)) {
    return { ignored: 'A message that is not an alarm of CloudWatch.' };
  }
  const alarm = check(Alarm, json, 'CloudWatch', ['Message']);
  const event = STATES.get(alarm.NewStateValue);
  if (event === undefined) return { ignored: `The state ${cut(alarm.NewStateValue, 80)} is nothing to act on.` };
  return { alerts: [alertOf(source, alarm, event, delivery, now)] };
}

function alertOf(source: string, alarm: Alarm, event: AlertEvent, delivery: string, now: EpochMicros): Alert {
  const details = detailsOf(alarm);
  const service = SERVICE.map((name) => details.find(({ path }) => path === name)?.text).find((value) => value);
  const occurredAt = microsOf(alarm.StateChangeTime) ?? now;
  // An address without a name is what somebody shall read, the runbook.
  const runbook = webLink(/https?:\/\/[^\s<>"')\]|]+/.exec(cut(alarm.AlarmDescription ?? '', 5_000))?.[0]);
  const named = linksInText(alarm.AlarmDescription);
  const url = consoleOf(alarm);
  return {
    source,
    id: keyOf(alarm.AlarmArn || [alarm.AWSAccountId, alarm.Region, alarm.AlarmName].join('/')),
    delivery,
    event,
    title: cut(alarm.AlarmName, 500),
    ...(service === undefined ? {} : { service: cut(service, 200) }),
    occurredAt,
    startedAt: occurredAt,
    ...factsIn(details),
    ...(url === undefined ? {} : { url }),
    links: Object.keys(named).length > 0 || runbook === undefined ? named : { runbook },
    labels: labelsOf(details),
    traceIds: traceIdsIn([alarm.AlarmDescription, alarm.NewStateReason].map((text) => cut(text ?? '', 5_000))),
  };
}

/** Dimensions of the metric, or of the metrics that an expression is made of; the alarms below a composite one. */
function detailsOf(alarm: Alarm): readonly Detail[] {
  const metrics = [alarm.Trigger, ...(alarm.Trigger?.Metrics ?? []).map((one) => one.MetricStat?.Metric)];
  const [first] = metrics.filter((metric) => metric?.MetricName);
  const known: readonly (readonly [string, string | null | undefined])[] = [
    ['account', alarm.AWSAccountId],
    // `Region` is a name for people, "EU (Ireland)".
    ['region', alarm.AlarmArn?.split(':')[3] || alarm.Region],
    ['namespace', first?.Namespace],
    ['metric', first?.MetricName],
  ];
  const children = (alarm.TriggeringChildren ?? []).slice(0, 20);
  return [
    ...known.flatMap(([path, text]) => (text ? [{ path, text }] : [])),
    ...metrics.flatMap((metric) => (metric?.Dimensions ?? []).map(({ name, value }) => ({ path: name, text: value }))),
    ...children.map(({ Arn }, index) => ({ path: `child.${index}`, text: Arn.split(':').slice(6).join(':') || Arn })),
  ];
}

/** The alarm's page in the console, for the partition that we know the address of. */
function consoleOf({ AlarmArn, AlarmName }: Alarm): string | undefined {
  const [, partition, , region = ''] = AlarmArn?.split(':') ?? [];
  if (partition !== 'aws' || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return undefined;
  const name = encodeURIComponent(AlarmName.toWellFormed());
  return webLink(`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:alarm/${name}`);
}
