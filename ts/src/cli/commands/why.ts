import { defineCommand } from '../command.ts';

export const why = defineCommand({
  name: 'why',
  summary: 'what a run on AWS Batch waits for',
  description:
    'Looks at the queue, its compute environments, quotas, instance types, image, subnets and roles, and says what to do.',
  examples: [['why last', 'the last run']],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {},
  prints: true,
  handler: async (args, context) => {
    const { explainRun } = await import('../away.ts');
    return explainRun(args.run, context);
  },
});
