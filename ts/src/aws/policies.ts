/** Who may do what, no more than some call needs: a person, a task, and the workflow that pushes images. */

import { ACCOUNT, bucketOf, logGroupOf, PARTITION, REGION, type Setup } from './setup.ts';

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** The policies that `--iam-policy` prints. */
export const POLICIES: Readonly<Record<'user' | 'job' | 'ci', (setup: Setup) => Policy>> = {
  user: userPolicy,
  job: jobPolicy,
  ci: ciPolicy,
};

/** Starts, watches and ends runs, and asks why one waits. Setting up and removing takes an administrator. */
function userPolicy(setup: Setup): Policy {
  const batch = (resource: string): string => arn('batch', resource);
  const { name } = setup;
  return policy([
    {
      // AWS knows no resources for these.
      Sid: 'LookAtBatch',
      Action: [
        'batch:DescribeComputeEnvironments',
        'batch:DescribeJobDefinitions',
        'batch:DescribeJobQueues',
        'batch:DescribeJobs',
        'batch:ListJobs',
      ],
      Resource: ['*'],
    },
    { Sid: 'LookAtQueues', Action: ['batch:GetJobQueueSnapshot'], Resource: [batch(`job-queue/${name}-*`)] },
    {
      Sid: 'Submit',
      Action: ['batch:SubmitJob'],
      Resource: [batch(`job-queue/${name}-*`), batch('job-definition/nlpflow-*')],
    },
    { Sid: 'Describe', Action: ['batch:RegisterJobDefinition'], Resource: [batch('job-definition/nlpflow-*')] },
    {
      // Submitting and registering with tags asks for it.
      Sid: 'Tag',
      Action: ['batch:TagResource'],
      Resource: [batch('job/*'), batch('job-definition/nlpflow-*')],
      Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': ['nlpflow:*'] } },
    },
    {
      Sid: 'EndOwnJobs',
      Action: ['batch:TerminateJob'],
      Resource: [batch('job/*')],
      // Of other jobs of the account none can be ended.
      Condition: { StringLike: { 'aws:ResourceTag/nlpflow:run': '*' } },
    },
    {
      Sid: 'GiveRolesToTasks',
      Action: ['iam:PassRole'],
      Resource: taskRoles(name),
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
    ...storeStatements(setup),
    {
      Sid: 'ReadWhatTasksPrint',
      Action: ['logs:GetLogEvents'],
      Resource: [arn('logs', `log-group:${logGroupOf(setup)}:log-stream:*`)],
    },
    {
      // For `why`, `doctor` and prices; AWS knows no resources for these.
      Sid: 'FindOutWhy',
      Action: [
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSpotPriceHistory',
        'logs:DescribeLogGroups',
        'servicequotas:GetServiceQuota',
      ],
      Resource: ['*'],
    },
    { Sid: 'LookAtClusters', Action: ['ecs:DescribeClusters'], Resource: [arn('ecs', 'cluster/*')] },
    {
      Sid: 'LookAtImages',
      Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: [arn('ecr', `repository/${name}`)],
    },
    {
      Sid: 'LookAtRoles',
      Action: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'],
      Resource: [...taskRoles(name), globalArn('iam', 'user/$' + '{aws:username}')],
    },
  ]);
}

/** What a task does: read what it needs from the store, write its result and how it is getting on. */
function jobPolicy(setup: Setup): Policy {
  return policy(storeStatements(setup));
}

/** Pushes an image, and nothing else. */
function ciPolicy({ name }: Setup): Policy {
  return policy([
    { Sid: 'SignIn', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
    {
      Sid: 'Push',
      Action: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      Resource: [arn('ecr', `repository/${name}`)],
    },
  ]);
}

/** What Fargate and ECS do before a task begins: pull the image, write logs. */
export function executionPolicy(setup: Setup): Policy {
  return policy([
    { Sid: 'SignIn', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
    {
      Sid: 'Pull',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: [arn('ecr', `repository/${setup.name}`)],
    },
    {
      Sid: 'WriteLogs',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [arn('logs', `log-group:${logGroupOf(setup)}:*`)],
    },
  ]);
}

/** What the agent on an instance does: join its cluster and report. Image and logs are the execution role's affair. */
export function instancePolicy({ name }: Setup): Policy {
  // Batch calls clusters after their environment, in one of two ways.
  const clusters = ['', 'AWSBatch-'].map((before) => `${before}${name}-*`);
  return policy([
    // AWS knows no resources for these.
    { Sid: 'FindCluster', Action: ['ecs:DiscoverPollEndpoint', 'ec2:DescribeTags'], Resource: ['*'] },
    {
      Sid: 'JoinCluster',
      Action: [
        'ecs:DeregisterContainerInstance',
        'ecs:RegisterContainerInstance',
        'ecs:SubmitContainerStateChange',
        'ecs:SubmitTaskStateChange',
        'ecs:SubmitAttachmentStateChanges',
      ],
      Resource: clusters.map((cluster) => arn('ecs', `cluster/${cluster}`)),
    },
    {
      Sid: 'Report',
      Action: ['ecs:Poll', 'ecs:StartTelemetrySession', 'ecs:UpdateContainerInstancesState', 'ecs:TagResource'],
      Resource: clusters.map((cluster) => arn('ecs', `container-instance/${cluster}`)),
    },
  ]);
}

function storeStatements(setup: Setup): Omit<Statement, 'Effect'>[] {
  const bucket = `arn:${PARTITION}:s3:::${bucketOf(setup)}`;
  return [
    {
      Sid: 'ListStore',
      Action: ['s3:ListBucket'],
      Resource: [bucket],
      Condition: { StringLike: { 's3:prefix': [`${setup.prefix}/*`] } },
    },
    {
      Sid: 'UseStore',
      Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      Resource: [`${bucket}/${setup.prefix}/*`],
    },
  ];
}

function taskRoles(name: string): string[] {
  return ['JobRole', 'ExecutionRole'].map((role) => globalArn('iam', `role/${name}-${role}-*`));
}

function arn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

function globalArn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}::${ACCOUNT}:${resource}`;
}

function policy(statements: readonly Omit<Statement, 'Effect'>[]): Policy {
  return {
    Version: '2012-10-17',
    Statement: statements.map(({ Sid, ...rest }) => ({ Sid, Effect: 'Allow', ...rest })),
  };
}

/** Where a policy is to hold. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** The policy with the account's own values. */
export function policyIn(of: Policy, { partition, region, account }: Place): Policy {
  const text = JSON.stringify(of)
    .replaceAll(PARTITION, partition)
    .replaceAll(REGION, region)
    .replaceAll(ACCOUNT, account);
  return JSON.parse(text) as Policy;
}
