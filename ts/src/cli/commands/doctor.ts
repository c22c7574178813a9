import { defineCommand } from '../command.ts';
import { BATCH_OPTIONS } from '../options.ts';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'find what would keep a run from working, with its remedy',
  description:
    'Looks at this machine and the store; with a queue or a store on S3 also at AWS: identity, clock, permissions, queues, compute environments, quotas, subnets, image, roles and logs. The exit code is not 0 when something is in the way.',
  examples: [
    ['doctor', 'this machine'],
    ['doctor --queue spot --image URI --store s3://BUCKET/PREFIX', 'AWS, too'],
  ],
  positionals: [],
  options: BATCH_OPTIONS,
  handler: async (args, context) => {
    const { examine } = await import('../doctoring.ts');
    return examine(args, context);
  },
});
