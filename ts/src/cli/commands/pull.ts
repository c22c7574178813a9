import type { WithStages } from '../../store/transfer.ts';
import { defineCommand } from '../command.ts';
import { STAGES_OPTION } from '../options.ts';

export const pull = defineCommand({
  name: 'pull',
  summary: 'copy a run from another store',
  description:
    'Copies the results of the run, then its files. What is there already, unchanged, is not sent again; an interrupted copy goes on where it stopped.',
  examples: [
    ['pull last --from s3://bucket/team', 'the newest run there, into .nlpflow'],
    ['pull baseline --from s3://bucket/team --stages final', 'with what its model and matrix need'],
  ],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {
    from: { type: 'string', doc: 'store to copy from: a folder or s3://BUCKET/PREFIX', value: 'STORE', required: true },
    stages: STAGES_OPTION,
  },
  handler: async (args, context) => {
    const { copyRun } = await import('../copying.ts');
    return copyRun(
      args.run,
      await context.openStore(args.from),
      await context.openStore(),
      args.stages as WithStages,
      context,
    );
  },
});
