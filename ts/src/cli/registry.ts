import type { Command } from './command.ts';
import { attach } from './commands/attach.ts';
import { cancel } from './commands/cancel.ts';
import { config } from './commands/config.ts';
import { fit } from './commands/fit.ts';
import { get } from './commands/get.ts';
import { init } from './commands/init.ts';
import { predict } from './commands/predict.ts';
import { preprocess } from './commands/preprocess.ts';
import { run } from './commands/run.ts';
import { runs } from './commands/runs.ts';
import { tokens } from './commands/tokens.ts';
import { tune } from './commands/tune.ts';
import { why } from './commands/why.ts';
import { worker } from './commands/worker.ts';

/** Every command, in the order of the help. A new command is one file and one line here. */
export const COMMANDS: readonly Command[] = [
  init,
  run,
  preprocess,
  tune,
  fit,
  predict,
  runs,
  get,
  attach,
  cancel,
  why,
  tokens,
  config,
  worker,
];
