import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';

export const worker = defineCommand({
  name: 'worker',
  summary: 'run tasks for the process that started this one',
  hidden: true,
  examples: [],
  positionals: [],
  options: {},
  handler: async () => {
    const { serveTasks } = await import('../../executors/worker.ts');
    await serveTasks();
    return EXIT.ok;
  },
});
