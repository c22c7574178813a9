/** What identities must be allowed, as IAM's simulation is asked about it: calls together with the resources that they are made for. */

import type { Place } from '../aws/policies.ts';
import type { BatchSettings } from '../executors/batch/settings.ts';
import type { ImageInEcr } from './answers.ts';

/** Calls that are made for the same resource. */
export interface Calls {
  readonly actions: readonly string[];
  readonly resource: string;
  /** What a policy's conditions look at, by their keys. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Where Batch writes what tasks print unless told otherwise. */
const USUAL_LOG_GROUP = '/aws/batch/job';
const TASKS = 'ecs-tasks.amazonaws.com';

/** What submits, watches and ends jobs; `queues` are ARNs. A policy may allow each call for its own resources only. */
export function submitterCalls(place: Place, queues: readonly string[], settings: BatchSettings): Calls[] {
  const batch = (resource: string): string => arn(place, 'batch', resource);
  const definition = batch('job-definition/nlpflow-0000000000000000');
  const tags = { 'aws:TagKeys': 'nlpflow:run' };
  const roles = [settings.jobRole, settings.executionRole].filter((role) => role !== undefined);
  return [
    {
      actions: [
        'batch:DescribeComputeEnvironments',
        'batch:DescribeJobDefinitions',
        'batch:DescribeJobQueues',
        'batch:DescribeJobs',
        'batch:ListJobs',
      ],
      resource: '*',
    },
    ...queues.map((resource) => ({ actions: ['batch:SubmitJob'], resource })),
    { actions: ['batch:SubmitJob', 'batch:RegisterJobDefinition'], resource: definition },
    { actions: ['batch:TagResource'], resource: definition, context: tags },
    { actions: ['batch:TagResource'], resource: batch('job/nlpflow'), context: tags },
    {
      actions: ['batch:TerminateJob'],
      resource: batch('job/nlpflow'),
      context: { 'aws:ResourceTag/nlpflow:run': 'any' },
    },
    ...roles.map((resource) => ({
      actions: ['iam:PassRole'],
      resource,
      context: { 'iam:PassedToService': TASKS },
    })),
  ];
}

/** What a task does with a store at `BUCKET/PREFIX`: looking whether something is there lists, and a large upload may be given up. */
export function storeCalls({ partition }: Pick<Place, 'partition'>, store: string): Calls[] {
  const [bucket = '', ...rest] = store.split('/').filter((part) => part !== '');
  const below = rest.length > 0 ? `${rest.join('/')}/` : '';
  const root = `arn:${partition}:s3:::${bucket}`;
  return [
    { actions: ['s3:ListBucket'], resource: root, context: { 's3:prefix': `${below}stages/` } },
    {
      actions: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      resource: `${root}/${below}stages/nlpflow`,
    },
  ];
}

/** What starts a container: pulling the image, where it is in ECR, and writing logs. */
export function startCalls(place: Place, image: ImageInEcr | undefined, logGroup = USUAL_LOG_GROUP): Calls[] {
  const pull = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
  const repository = image && {
    actions: pull,
    resource: arn(
      { ...place, region: image.region, account: image.registryId },
      'ecr',
      `repository/${image.repository}`,
    ),
  };
  return [
    ...(repository ? [{ actions: ['ecr:GetAuthorizationToken'], resource: '*' }, repository] : []),
    {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resource: arn(place, 'logs', `log-group:${logGroup}:log-stream:nlpflow`),
    },
  ];
}

function arn({ partition, region, account }: Place, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}
