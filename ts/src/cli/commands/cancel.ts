import { defineCommand } from '../command.ts';

export const cancel = defineCommand({
  name: 'cancel',
  summary: 'end all tasks of a run on AWS Batch',
  description: 'Finished work is kept: the run can be gone on with.',
  examples: [['cancel last', 'the last run']],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {},
  handler: async (args, context) => {
    const { cancelRun } = await import('../away.ts');
    return cancelRun(args.run, context);
  },
});
