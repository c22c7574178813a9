import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const logs = defineCommand({
  name: 'logs',
  summary: 'show what happened in a run and what its workers printed',
  description: 'Kept in the store, also of attempts that failed and of workers that are gone.',
  examples: [
    ['logs last --follow', 'until the run ends'],
    ['logs last --failed', 'only tasks that failed, with the causes'],
    ['logs last --task b02/fold1', 'one task'],
  ],
  positionals: [{ name: 'run', doc: 'id, name or last', required: true }],
  options: {
    task: { type: 'string', doc: 'only tasks with this in their id or label', value: 'TASK' },
    failed: { type: 'boolean', doc: 'only tasks that failed' },
    follow: { type: 'boolean', doc: 'go on until the run ends', short: 'f' },
  },
  handler: async (args, context) => {
    const { showLog } = await import('../logging.ts');
    await showLog(args, await context.openStore(), context);
    return EXIT.ok;
  },
});
