import { defineCommand } from '../command.ts';
import { PRICE_OPTIONS } from '../options.ts';

export const attach = defineCommand({
  name: 'attach',
  summary: 'watch a run on AWS Batch until it ends, or go on with one whose process is gone',
  description: 'A run that was started with --detach goes on when this command is interrupted; any other is ended.',
  examples: [['attach last', 'the last run']],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: PRICE_OPTIONS,
  handler: async (args, context) => {
    const { attachRun } = await import('../away.ts');
    return attachRun(args.run, args, context);
  },
});
