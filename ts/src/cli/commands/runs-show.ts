import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const runsShow = defineCommand({
  name: 'runs show',
  aliases: ['show'],
  summary: 'show what a run was and what came of it',
  examples: [['runs show last', 'configuration, origin, results and resources of the last run']],
  positionals: [{ name: 'run', doc: 'id, name or last (default last)', required: false }],
  options: {},
  prints: true,
  handler: async (args, context) => {
    const { showRun } = await import('../inspection.ts');
    await showRun(args.run ?? 'last', await context.openStore(), context);
    return EXIT.ok;
  },
});
