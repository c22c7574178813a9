import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const logs = defineCommand({
  name: 'logs',
  summary: 'show what happened in a run and what its workers printed',
  description:
    'Kept in the store, also of attempts that failed and of workers that are gone. With --follow the tasks of AWS Batch are read from CloudWatch Logs while they run.',
  examples: [
    ['logs last --follow', 'until the run ends'],
    ['logs last --failed', 'only tasks that failed, with the causes'],
    ['logs last b02/fold1 --follow', 'one task'],
  ],
  positionals: [
    { name: 'run', doc: 'id, name or last', required: true },
    { name: 'only', label: 'TASK', doc: 'only tasks with this in their id or label', required: false },
  ],
  options: {
    task: { type: 'string', doc: 'the same as TASK', value: 'TASK' },
    failed: { type: 'boolean', doc: 'only tasks that failed' },
    follow: { type: 'boolean', doc: 'go on until the run ends', short: 'f' },
  },
  prints: true,
  handler: async (args, context) => {
    const { showLog } = await import('../logging.ts');
    await showLog(args, await context.openStore(), context);
    return EXIT.ok;
  },
});
