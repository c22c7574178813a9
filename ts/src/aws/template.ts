/** The CloudFormation template of a setup, as data: bucket, repository, log group, roles, network, queues. */

import { computeOf } from './compute.ts';
import { networkOf } from './network.ts';
import { executionPolicy, instancePolicy, POLICIES, type Policy } from './policies.ts';
import { attribute, type Resource, type Resources, ref, substituted, tags } from './resources.ts';
import { ACCOUNT, bucketOf, logGroupOf, PARTITION, queueOf, REGION, type Setup } from './setup.ts';

/** Days that what tasks print, unfinished uploads and images without a name are kept. */
const KEPT = { logs: 30, uploads: 7, images: 14 };
const GITHUB = 'token.actions.githubusercontent.com';

export interface Template {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Description: string;
  readonly Resources: Resources;
  /** What a person's settings are made of, by the names of their variables. */
  readonly Outputs: Readonly<Record<string, { readonly Description: string; readonly Value: unknown }>>;
}

/** The template of a setup. Pure: the same setup gives the same text. */
export function templateOf(setup: Setup): Template {
  const network = networkOf(setup);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `nlpflow on AWS Batch (${setup.name})`,
    Resources: {
      ...(setup.bucket === undefined ? { Bucket: bucket(setup), BucketPolicy: bucketPolicy(setup) } : {}),
      Repository: repository(setup),
      Logs: {
        Type: 'AWS::Logs::LogGroup',
        DeletionPolicy: 'Delete',
        UpdateReplacePolicy: 'Delete',
        Properties: { LogGroupName: logGroupOf(setup), RetentionInDays: KEPT.logs, Tags: tags(setup.name) },
      },
      ...rolesOf(setup),
      ...network.resources,
      ...computeOf(setup, network),
    },
    Outputs: outputsOf(setup),
  };
}

/** The outputs, by name, as variables of the command line. */
export const VARIABLES: Readonly<Record<string, string>> = {
  Store: 'NLPFLOW_STORE',
  Queue: 'NLPFLOW_QUEUE',
  OnDemandQueue: 'NLPFLOW_ON_DEMAND_QUEUE',
  JobRole: 'NLPFLOW_JOB_ROLE',
  ExecutionRole: 'NLPFLOW_EXECUTION_ROLE',
  LogGroup: 'NLPFLOW_LOG_GROUP',
  Repository: 'NLPFLOW_REPOSITORY',
};

function outputsOf(setup: Setup): Template['Outputs'] {
  const { name, prefix, github } = setup;
  const repository = `${ACCOUNT}.dkr.ecr.${REGION}.$` + `{AWS::URLSuffix}/${name}`;
  const values: Record<string, [description: string, value: unknown]> = {
    Store: ['Where runs are kept', substituted(`s3://${bucketOf(setup)}/${prefix}`)],
    Queue: ['Takes the tasks: Fargate Spot', queueOf(setup, 'fargate-spot')],
    OnDemandQueue: ['Takes a task whose host was taken away twice', queueOf(setup, 'fargate')],
    JobRole: ['With it tasks use the store', attribute('JobRole', 'Arn')],
    ExecutionRole: ['With it images are pulled and logs written', attribute('ExecutionRole', 'Arn')],
    LogGroup: ['What tasks print', logGroupOf(setup)],
    Repository: ['Where images are pushed to', substituted(repository)],
    ...(github === undefined
      ? {}
      : { WorkflowRole: ['With it the workflow pushes images', attribute('WorkflowRole', 'Arn')] }),
  };
  return Object.fromEntries(
    Object.entries(values).map(([output, [Description, Value]]) => [output, { Description, Value }]),
  );
}

/** The store stays when the stack goes: it holds a person's results. */
function bucket(setup: Setup): Resource {
  return {
    Type: 'AWS::S3::Bucket',
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      BucketName: substituted(bucketOf(setup)),
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: {
        Rules: [
          {
            Id: 'unfinished-uploads',
            Status: 'Enabled',
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: KEPT.uploads },
          },
        ],
      },
      Tags: tags(setup.name),
    },
  };
}

function bucketPolicy(setup: Setup): Resource {
  const arn = `arn:${PARTITION}:s3:::${bucketOf(setup)}`;
  return {
    Type: 'AWS::S3::BucketPolicy',
    // It stays with its bucket.
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      Bucket: ref('Bucket'),
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'EncryptedConnectionsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: substituted([arn, `${arn}/*`]),
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    },
  };
}

function repository({ name }: Setup): Resource {
  const rule = {
    rulePriority: 1,
    description: 'images that lost their name',
    selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: KEPT.images },
    action: { type: 'expire' },
  };
  return {
    Type: 'AWS::ECR::Repository',
    // An image is built again from its commit.
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: {
      RepositoryName: name,
      EmptyOnDelete: true,
      // A run's image must not change under its name.
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: true },
      LifecyclePolicy: { LifecyclePolicyText: JSON.stringify({ rules: [rule] }) },
      Tags: tags(name),
    },
  };
}

function rolesOf(setup: Setup): Resources {
  const tasks = { Service: 'ecs-tasks.amazonaws.com' };
  // Nobody else's tasks may be given these roles through a service of AWS.
  const own = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
  return {
    JobRole: role(setup, trust(tasks, own), POLICIES.job(setup)),
    ExecutionRole: role(setup, trust(tasks, own), executionPolicy(setup)),
    InstanceRole: role(setup, trust({ Service: { 'Fn::Sub': 'ec2.$' + '{AWS::URLSuffix}' } }), instancePolicy(setup)),
    InstanceProfile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref('InstanceRole')] } },
    ...(setup.github === undefined ? {} : workflowRole(setup, setup.github)),
  };
}

/** The workflow signs in with a token of GitHub's: there are no keys to lose. */
function workflowRole(setup: Setup, github: string): Resources {
  const provider = setup.hasGithubProvider
    ? substituted(`arn:${PARTITION}:iam::${ACCOUNT}:oidc-provider/${GITHUB}`)
    : ref('GithubProvider');
  const condition = {
    StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com', [`${GITHUB}:sub`]: `repo:${github}:ref:refs/heads/main` },
  };
  return {
    ...(setup.hasGithubProvider
      ? {}
      : {
          GithubProvider: {
            Type: 'AWS::IAM::OIDCProvider',
            Properties: { Url: `https://${GITHUB}`, ClientIdList: ['sts.amazonaws.com'] },
          },
        }),
    WorkflowRole: role(
      setup,
      trust({ Federated: provider }, condition, 'sts:AssumeRoleWithWebIdentity'),
      POLICIES.ci(setup),
    ),
  };
}

function trust(principal: object, condition?: object, action = 'sts:AssumeRole'): object {
  const statement = { Effect: 'Allow', Principal: principal, Action: action };
  return { Version: '2012-10-17', Statement: [{ ...statement, ...(condition ? { Condition: condition } : {}) }] };
}

function role({ name }: Setup, trusted: object, policy: Policy): Resource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: trusted,
      Policies: [{ PolicyName: 'least', PolicyDocument: substituted(policy) }],
      Tags: tags(name),
    },
  };
}
