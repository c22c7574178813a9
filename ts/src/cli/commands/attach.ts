import { defineCommand } from '../command.ts';

export const attach = defineCommand({
  name: 'attach',
  summary: 'watch a run on AWS Batch until it ends, or go on with one whose process is gone',
  description: 'A run that was started with --detach goes on when this command is interrupted; any other is ended.',
  examples: [['attach last', 'the last run']],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {},
  handler: async (args, context) => {
    const { attachRun } = await import('../away.ts');
    return attachRun(args.run, context);
  },
});
