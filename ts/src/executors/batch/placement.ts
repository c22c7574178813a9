/** The submission of one job, so that it comes to exactly one job although answers of AWS get lost. */

import type { JobSummary, SubmitJobRequest } from '@aws-sdk/client-batch';
import { asNlpflowError, NlpflowError } from '../../errors.ts';
import type { Clock } from './clock.ts';
import { wasRefused } from './problems.ts';
import type { BatchService } from './service.ts';

/** Milliseconds between looks for a job whose submission was not answered: ListJobs may show it late. */
export const LOOKS: readonly number[] = [0, 1_000, 2_000, 4_000, 8_000, 15_000];
/** Unanswered submissions after which the caller hears of it. */
const UNANSWERED = 3;
/** Throttled submissions after which the caller hears of it, and the pause before each further one. */
const THROTTLED = { times: 10, first: 1_000, last: 20_000 };

/** Why the second of two jobs of one name is ended. */
const TWIN = 'nlpflow: this job was submitted twice, since AWS did not answer the first time';

/**
 * SubmitJob has no token that makes a repetition harmless. So a job's name is its own, and after an answer that did not come the
 * job is looked for by its name before it is submitted again, under the same name: whatever came of it is found by that name.
 */
export class Placement {
  readonly #request: SubmitJobRequest & { jobName: string; jobQueue: string };
  readonly #service: BatchService;
  readonly #clock: Clock;
  /** Calls that may have come to a job that was not found yet. */
  #unanswered = 0;
  /** The job that the others of its name are ended for. */
  #kept: string | undefined;

  constructor(request: SubmitJobRequest & { jobName: string; jobQueue: string }, service: BatchService, clock: Clock) {
    this.#request = request;
    this.#service = service;
    this.#clock = clock;
  }

  /** Whether there may be a job of this name that nobody has seen. */
  get isDoubtful(): boolean {
    return this.#unanswered > 0;
  }

  /** Whether a job of this name is, or may be, there. */
  get mayExist(): boolean {
    return this.isDoubtful || this.#kept !== undefined;
  }

  /** Submits the job, or finds it; returns its id. May be called again after an error, and does not repeat what was done. */
  async place(signal?: AbortSignal): Promise<string> {
    let throttled = 0;
    let unanswered = 0;
    for (;;) {
      const found = this.isDoubtful ? await this.#find(signal) : undefined;
      if (found !== undefined) return found;
      if (signal?.aborted) throw new NlpflowError('INTERRUPTED', 'interrupted while a job was being submitted');
      try {
        this.#kept = await this.#service.submit(this.#request);
        return this.#kept;
      } catch (error) {
        if (!wasRefused(error)) {
          this.#unanswered += 1;
          unanswered += 1;
          if (unanswered >= UNANSWERED || signal?.aborted) throw error;
        } else {
          if (asNlpflowError(error).code !== 'AWS_THROTTLED' || throttled >= THROTTLED.times) throw error;
          await this.#clock.sleep(Math.min(THROTTLED.last, THROTTLED.first * 2 ** throttled), signal);
          throttled += 1;
        }
      }
    }
  }

  /** Ends every job of this name but the one that `place` returned. */
  async endTwins(): Promise<void> {
    if (!this.isDoubtful || this.#kept === undefined) return;
    await this.#end(
      (await this.#named()).filter(({ jobId }) => jobId !== this.#kept),
      TWIN,
    );
  }

  /** Ends every job of this name. Throws when that is not certain. */
  async end(reason: string): Promise<void> {
    const kept = this.#kept;
    if (kept !== undefined) await this.#service.terminate(kept, reason);
    for (const pause of this.isDoubtful ? LOOKS : []) {
      await this.#clock.sleep(pause);
      const jobs = await this.#named();
      await this.#end(jobs, reason);
      // What was found is all that there can be.
      if (jobs.length >= this.#unanswered + (kept === undefined ? 0 : 1)) return;
    }
  }

  async #find(signal: AbortSignal | undefined): Promise<string | undefined> {
    for (const pause of LOOKS) {
      await this.#clock.sleep(pause, signal);
      const jobs = await this.#named();
      const [first] = jobs.filter(({ status }) => status !== 'FAILED');
      this.#kept = (first ?? jobs[0])?.jobId;
      if (this.#kept === undefined) {
        if (signal?.aborted) return undefined;
        continue;
      }
      await this.#endOthers(jobs);
      if (jobs.length >= this.#unanswered) this.#unanswered = 0;
      return this.#kept;
    }
    return undefined;
  }

  async #endOthers(jobs: readonly JobSummary[]): Promise<void> {
    await this.#end(
      jobs.filter(({ jobId }) => jobId !== this.#kept),
      TWIN,
    );
  }

  #named(): Promise<JobSummary[]> {
    return this.#service.named(this.#request.jobQueue, this.#request.jobName);
  }

  async #end(jobs: readonly JobSummary[], reason: string): Promise<void> {
    const live = jobs.filter(({ status }) => status !== 'SUCCEEDED' && status !== 'FAILED');
    await Promise.all(live.map(({ jobId }) => this.#service.terminate(jobId ?? '', reason)));
  }
}
