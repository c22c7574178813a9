/** From an executor's name to an executor: a new kind adds its line here. */

import type { Prices } from '../cost/prices.ts';
import { NlpflowError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { schemeOf } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './batch/clock.ts';
import { type BatchArguments, type BatchSettings, readSettings } from './batch/settings.ts';
import type { Executor, WorkerCommand } from './executor.ts';
import { LocalExecutor } from './local.ts';

/** What an executor is made on. */
export interface Ground {
  readonly store: Store;
  readonly worker: WorkerCommand | undefined;
  readonly clock: Clock | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly prices: Prices;
  readonly emit: Emit;
}

type Make = (run: string) => Promise<Executor>;

const KINDS: Readonly<Record<string, (args: BatchArguments, ground: Ground) => Make>> = {
  local: (_, ground) => async () => new LocalExecutor(ground.store, ground.worker, ground.prices),
  batch: (args, ground) => onBatch(readSettings(args), ground),
};

/** How the executor of a run is made. Throws for arguments that cannot be used, before anything runs. */
export function executorOn(on: string, args: BatchArguments, ground: Ground): Make {
  const kind = KINDS[on];
  if (!kind) throw new NlpflowError('USAGE', `--on must be one of ${Object.keys(KINDS).join(', ')}, not ${on}`);
  return kind(args, ground);
}

/** AWS Batch for all that is large; what reads the table stays here. */
function onBatch(settings: BatchSettings, { store, worker, clock, env, prices, emit }: Ground): Make {
  if (schemeOf(store.url) === undefined && !env['NLPFLOW_SHARED_STORE']) {
    throw new NlpflowError(
      'BATCH_SETTINGS',
      `the store ${store.url} is a folder, which containers on AWS Batch do not see; give --store s3://BUCKET/PREFIX (NLPFLOW_SHARED_STORE=1 says that the containers mount a file system at this very path)`,
    );
  }
  return async (run) => {
    const { BatchExecutor } = await import('./batch/executor.ts');
    const here = settings.uploadData ? {} : { here: new LocalExecutor(store, worker) };
    return new BatchExecutor(store, settings, run, { prices, emit, ...(clock ? { clock } : {}), ...here });
  };
}
