import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const runsDiff = defineCommand({
  name: 'runs diff',
  aliases: ['diff'],
  summary: 'show in what two runs differ',
  description:
    'Inputs, recipe, model, grid, best configuration, metrics, keys and versions; what is equal is left out.',
  examples: [['runs diff baseline last', 'by name, and the last one']],
  positionals: [
    { name: 'a', doc: 'id, name or last', required: true },
    { name: 'b', doc: 'id, name or last', required: true },
  ],
  options: {},
  prints: true,
  handler: async (args, context) => {
    const { showDifference } = await import('../inspection.ts');
    await showDifference([args.a, args.b], await context.openStore(), context);
    return EXIT.ok;
  },
});
