import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const configureAws = defineCommand({
  name: 'configure aws',
  summary: 'set up an AWS account for runs on AWS Batch, or remove that again',
  description:
    'Finds or makes bucket, image repository, queues on Fargate, Fargate Spot and EC2 Spot, log group, network and roles with least privilege, in one CloudFormation stack. Given again it changes what differs, and nothing else. Prints the settings that the other commands need.',
  examples: [
    ['configure aws > nlpflow.env', 'sets up; . ./nlpflow.env makes it the default of this shell'],
    ['configure aws --print', 'the CloudFormation template'],
    ['configure aws --iam-policy user', 'what a person needs who starts runs'],
    ['configure aws --destroy', 'removes all but the bucket'],
  ],
  positionals: [],
  options: {
    name: { type: 'string', doc: 'name of the stack, and first part of all other names', default: 'nlpflow' },
    bucket: { type: 'string', doc: 'bucket that is there already (default: one is made)', value: 'NAME' },
    prefix: { type: 'string', doc: 'folder in the bucket', default: 'runs' },
    'max-vcpus': { type: 'number', doc: 'vCPUs at once, of each compute environment', default: 256 },
    subnets: { type: 'list', doc: 'subnets that are there already (default: a network is made)', value: 'IDS' },
    'security-groups': { type: 'list', doc: 'security groups of these subnets', value: 'IDS' },
    github: { type: 'string', doc: 'repository whose workflow may push images', value: 'OWNER/REPOSITORY' },
    print: { type: 'boolean', doc: 'print the CloudFormation template and do nothing' },
    'iam-policy': {
      type: 'string',
      doc: 'print a policy and do nothing: of a person, of tasks, of the workflow that pushes images',
      value: 'WHOSE',
      choices: ['user', 'job', 'ci'],
    },
    destroy: { type: 'boolean', doc: 'remove the stack; the bucket with the runs stays' },
  },
  handler: async (args, context) => {
    const { configureAws: configure } = await import('../configuring.ts');
    await configure(args, context);
    return EXIT.ok;
  },
});
