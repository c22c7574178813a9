import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const runs = defineCommand({
  name: 'runs',
  summary: 'list the runs of a store, or show one of them',
  examples: [
    ['runs', 'newest first'],
    ['runs show last', 'what came of the last run'],
    ['runs --json', 'one JSON object for programs'],
  ],
  positionals: [
    { name: 'action', doc: 'what to do', required: false, choices: ['list', 'show'] },
    { name: 'run', doc: 'id, name or last', required: false },
  ],
  options: {},
  handler: async (args, context) => {
    const { listRunsOf, showRun } = await import('../inspection.ts');
    const store = await context.openStore();
    if (args.action === 'show') {
      await showRun(args.run ?? 'last', store, context);
    } else {
      await listRunsOf(store, context);
    }
    return EXIT.ok;
  },
});
