/** What the attempts of a run's jobs are paid for, from what AWS Batch says of them. */

import type { Bill } from '../../cost/bill.ts';
import { costOf } from '../../cost/tariff.ts';
import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';
import { jobsOf } from './jobs.ts';
import { FINISH, type Manifest, pathsOf, readJson, type SubmittedJob } from './manifest.ts';
import type { BatchService } from './service.ts';
import type { QueueTariffs } from './tariff.ts';

/** The job that ends a run that was left to itself has no manifest. */
const LAST = { stage: 'fit', id: FINISH, label: 'selection and final model' } as const;

/** Remembers what was told, so that each attempt is told once. */
export class Bills {
  readonly #of: { run: string; store: Store; service: BatchService; tariffs: QueueTariffs };
  readonly #told = new Set<string>();
  /** Jobs of which no attempt can come any more. */
  readonly #settled = new Set<string>();
  /** Jobs that were not over when they were last asked for. */
  #open = 0;

  constructor(of: { run: string; store: Store; service: BatchService; tariffs: QueueTariffs }) {
    this.#of = of;
  }

  /** Whether all jobs were over when they were last asked for: no further attempt can come of them. */
  get isSettled(): boolean {
    return this.#open === 0;
  }

  /** The attempts that have ended since this was last asked. */
  async ended(): Promise<Bill[]> {
    this.#open = 0;
    const { run, store, service } = this.#of;
    const bills: Bill[] = [];
    for (const job of await jobsOf({ run, store, service })) {
      const isLast = job.name === FINISH;
      const manifest = isLast ? null : await readJson<Manifest>(store, pathsOf(job.run ?? run, job.name).manifest);
      bills.push(...(await this.#ofJob(job, isLast ? [LAST] : (manifest?.tasks ?? []))));
    }
    return bills;
  }

  async #ofJob(job: SubmittedJob, tasks: readonly Pick<Task, 'stage' | 'id' | 'label'>[]): Promise<Bill[]> {
    if (this.#settled.has(job.id) || tasks.length === 0) return [];
    const { service, tariffs } = this.#of;
    const ids = tasks.length > 1 ? tasks.map((_, index) => `${job.id}:${index}`) : [job.id];
    const details = await service.describe(ids);
    const tariff = await tariffs.of(job.queue, job.memory || undefined);
    const bills: Bill[] = [];
    for (const { jobId = '', attempts = [], createdAt } of details) {
      const task = tasks[tasks.length > 1 ? Number(jobId.split(':')[1]) : 0];
      for (const [index, { startedAt, stoppedAt, statusReason, container }] of attempts.entries()) {
        const id = `${jobId}#${index}`;
        // An attempt whose image could not be pulled never started, and is not paid.
        if (!task || !startedAt || !stoppedAt || this.#told.has(id)) continue;
        this.#told.add(id);
        bills.push({
          stage: task.stage,
          task: task.id,
          label: task.label,
          attempt: index + 1,
          job: jobId,
          queued: new Date(createdAt ?? startedAt).toISOString(),
          started: new Date(startedAt).toISOString(),
          ended: new Date(stoppedAt).toISOString(),
          vcpus: tariff.vcpus,
          memory: tariff.gib * 1024,
          spot: tariff.spot,
          cost: costOf(tariff, (stoppedAt - startedAt) / 1000),
          ...(container?.exitCode === 0 ? {} : { reason: container?.reason ?? statusReason ?? 'no reason was given' }),
        });
      }
    }
    const isOver = details.every(({ status }) => status === 'SUCCEEDED' || status === 'FAILED');
    if (isOver) this.#settled.add(job.id);
    else this.#open += 1;
    return bills;
  }
}
