/** What containers wrote, from CloudWatch Logs. */

import type { JobDetail } from '@aws-sdk/client-batch';
import { asked } from '../../aws/client.ts';

const DEFAULT_GROUP = '/aws/batch/job';

/** The log group of a job's containers. */
export function logGroupOf({ container }: JobDetail): string {
  return container?.logConfiguration?.options?.['awslogs-group'] ?? DEFAULT_GROUP;
}

/** The last lines of a job's last attempt; none when they cannot be had. */
export async function lastLines(job: JobDetail, limit = 5): Promise<string[]> {
  const logStreamName = job.attempts?.at(-1)?.container?.logStreamName ?? job.container?.logStreamName;
  if (logStreamName === undefined) return [];
  const logGroupName = logGroupOf(job);
  const { CloudWatchLogsClient, GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  // The reason of a failure is worth having without its log, too.
  const answer = await asked(new CloudWatchLogsClient({}), (client) =>
    client.send(new GetLogEventsCommand({ logGroupName, logStreamName, limit })),
  );
  return (answer?.events ?? []).map(({ message }) => (message ?? '').trim()).filter((line) => line !== '');
}
