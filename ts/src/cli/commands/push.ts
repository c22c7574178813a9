import type { WithStages } from '../../store/transfer.ts';
import { defineCommand } from '../command.ts';
import { STAGES_OPTION } from '../options.ts';

export const push = defineCommand({
  name: 'push',
  summary: 'copy a run to another store',
  description:
    'Copies the results of the run, then its files. What is there already, unchanged, is not sent again; an interrupted copy goes on where it stopped.',
  examples: [
    ['push last --to s3://bucket/team', 'the newest run with all that it made'],
    ['push last --to s3://bucket/team --stages none', 'its files alone: record, results, model'],
  ],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {
    to: { type: 'string', doc: 'store to copy to: a folder or s3://BUCKET/PREFIX', value: 'STORE', required: true },
    stages: STAGES_OPTION,
  },
  handler: async (args, context) => {
    const { copyRun } = await import('../copying.ts');
    return copyRun(
      args.run,
      await context.openStore(),
      await context.openStore(args.to),
      args.stages as WithStages,
      context,
    );
  },
});
