import type { Command } from './command.ts';
import { attach } from './commands/attach.ts';
import { cancel } from './commands/cancel.ts';
import { config } from './commands/config.ts';
import { configureAws } from './commands/configure-aws.ts';
import { doctor } from './commands/doctor.ts';
import { estimate } from './commands/estimate.ts';
import { fit } from './commands/fit.ts';
import { gc } from './commands/gc.ts';
import { get } from './commands/get.ts';
import { init } from './commands/init.ts';
import { logs } from './commands/logs.ts';
import { open } from './commands/open.ts';
import { predict } from './commands/predict.ts';
import { preprocess } from './commands/preprocess.ts';
import { pull } from './commands/pull.ts';
import { push } from './commands/push.ts';
import { report } from './commands/report.ts';
import { reproduce } from './commands/reproduce.ts';
import { run } from './commands/run.ts';
import { runsDiff } from './commands/runs-diff.ts';
import { runsList } from './commands/runs-list.ts';
import { runsRm } from './commands/runs-rm.ts';
import { runsShow } from './commands/runs-show.ts';
import { runsTag } from './commands/runs-tag.ts';
import { tokens } from './commands/tokens.ts';
import { tune } from './commands/tune.ts';
import { why } from './commands/why.ts';
import { whyRerun } from './commands/why-rerun.ts';
import { worker } from './commands/worker.ts';

/** Every command, in the order of the help. A new command is one file and one line here. */
export const COMMANDS: readonly Command[] = [
  init,
  run,
  estimate,
  preprocess,
  tune,
  fit,
  predict,
  runsList,
  runsShow,
  runsDiff,
  runsTag,
  runsRm,
  gc,
  logs,
  whyRerun,
  reproduce,
  get,
  report,
  open,
  attach,
  cancel,
  why,
  configureAws,
  doctor,
  push,
  pull,
  tokens,
  config,
  worker,
];
