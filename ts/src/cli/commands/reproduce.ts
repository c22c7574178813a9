import { defineCommand } from '../command.ts';

export const reproduce = defineCommand({
  name: 'reproduce',
  summary: 'print how a run is repeated, and check whether that gives the same',
  description: 'Compares the data, the versions and the commit with those of the run.',
  examples: [
    ['reproduce last', 'the command, and what has changed since'],
    ['reproduce last --run --fresh', 'computes everything again and compares the results'],
  ],
  positionals: [{ name: 'id', label: 'RUN', doc: 'id, name or last', required: true }],
  options: {
    run: { type: 'boolean', doc: 'repeat the run, and compare what comes out' },
    fresh: { type: 'boolean', doc: 'with --run: reuse nothing' },
    force: { type: 'boolean', doc: 'with --run: also when data or versions differ' },
  },
  handler: async (args, context) => {
    const { reproduceRun } = await import('../reproducing.ts');
    return reproduceRun(args, await context.openStore(), context);
  },
});
