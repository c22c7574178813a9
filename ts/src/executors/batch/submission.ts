/** A job on AWS Batch and the tasks that it still owes. */

import { randomBytes } from 'node:crypto';
import type { RetryStrategy } from '@aws-sdk/client-batch';
import { NlpflowError } from '../../errors.ts';
import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';
import { ATTEMPTS, definitionOf, retryStrategy, SPOT_ATTEMPTS, unwatchedRetryStrategy } from './definition.ts';
import {
  indexOfState,
  type MemoryChoice,
  newManifest,
  pathsOf,
  readJson,
  type SubmittedJob,
  settingsPath,
  type TaskState,
} from './manifest.ts';
import { lowered, roomOf } from './memory.ts';
import { isPassing } from './problems.ts';
import type { BatchService, Queue } from './service.ts';
import type { BatchSettings } from './settings.ts';
import { type ContainerSize, legalSize } from './sizes.ts';
import { withTableInStore } from './table.ts';

/** States are read this many at a time. */
const READ_AT_ONCE = 32;
/** Seconds between two signs of life. */
const BEAT = 60;

/** What tasks of one submission have in common. */
export interface Wanted {
  readonly queue: string;
  readonly memory: MemoryChoice;
}

/** A queue that takes jobs. */
export interface Target {
  readonly queue: Queue;
  readonly definition: string;
  /** MiB that its instances offer to one task, where that is known. */
  readonly room: number | undefined;
  /** What a person should know of it. */
  readonly note: string | undefined;
}

/** Submits tasks; one object a run. */
export class Submitter {
  readonly #store: Store;
  readonly #service: BatchService;
  readonly #settings: BatchSettings;
  readonly #run: string;
  readonly #queues = new Map<string, Promise<Target>>();

  constructor(store: Store, service: BatchService, settings: BatchSettings, run: string) {
    this.#store = store;
    this.#service = service;
    this.#settings = settings;
    this.#run = run;
  }

  /** Finds queues that cannot be used before anything is submitted, and notes how the run is submitted; returns what a person should know. */
  async prepare(): Promise<string[]> {
    const { queue, onDemandQueue } = this.#settings;
    const notes: string[] = [];
    for (const name of [queue, onDemandQueue]) {
      const { note } = name === undefined ? {} : await this.target(name);
      if (note !== undefined) notes.push(note);
    }
    await this.#store.put(settingsPath(this.#run), JSON.stringify(this.#settings));
    return notes;
  }

  /** A queue that takes jobs, with the definition for it. */
  async target(name: string): Promise<Target> {
    let found = this.#queues.get(name);
    if (!found) {
      found = this.#prepare(name);
      this.#queues.set(name, found);
    }
    return found;
  }

  /** Puts the tasks' manifest on the store and submits their job: an array, or a plain job for a lone task. */
  async submit(
    tasks: readonly Task[],
    wanted: Wanted,
    how: { failures?: 'exit' | 'record'; after?: readonly string[] } = {},
  ): Promise<Submission> {
    const { definition, queue } = await this.target(wanted.queue);
    const stage = tasks[0]?.stage ?? 'none';
    const name = `${stage}-${randomBytes(4).toString('hex')}`;
    const { memory } = wanted;
    const size = legalSize({ vcpus: this.#settings.size.vcpus, memory: memory.mebibytes }, queue.platform);
    const paths = pathsOf(this.#run, name);
    const threads = Math.max(1, Math.floor(size.vcpus));
    const failures = how.failures ?? 'exit';
    const sent = await Promise.all(tasks.map((task) => withTableInStore(task, this.#store)));
    const given = { ...memory, mebibytes: size.memory };
    const manifest = newManifest({ run: this.#run, tasks: sent, threads, beat: BEAT, failures, memory: given });
    await this.#store.put(paths.manifest, JSON.stringify(manifest));
    const job = await this.submitJob(name, {
      definition,
      queue: queue.name,
      size,
      count: tasks.length,
      tags: { 'nlpflow:stage': stage },
      environment: { NLPFLOW_MANIFEST: paths.manifest },
      after: how.after ?? [],
      retry: failures === 'record' ? unwatchedRetryStrategy() : this.#retries(queue.name),
      timeoutSeconds: this.#settings.timeoutSeconds,
    });
    // What was asked for, not what it became on this platform: more is measured by it.
    const noted = { ...job, memory: memory.mebibytes, ...(memory.from === 'more' ? { more: true } : {}) };
    // The job is there, whether it can be noted or not: without a note it is found by its name.
    await this.#store.put(paths.job, JSON.stringify(noted)).catch((error: unknown) => {
      if (!isPassing(error)) throw error;
    });
    return new Submission(this.#run, name, noted, new Map(tasks.map((task, index) => [index, task])));
  }

  /** Submits a job of this run. */
  async submitJob(
    name: string,
    of: {
      definition: string;
      queue: string;
      size: ContainerSize;
      count: number;
      tags: Readonly<Record<string, string>>;
      environment: Readonly<Record<string, string>>;
      after: readonly string[];
      retry?: RetryStrategy;
      /** For each attempt; without it a job may take as long as it takes. */
      timeoutSeconds?: number | undefined;
    },
  ): Promise<SubmittedJob> {
    const environment = { NLPFLOW_STORE: this.#store.url, ...(await this.#surroundings()), ...of.environment };
    const id = await this.#service.submit({
      jobName: jobName(this.#run, name),
      jobQueue: of.queue,
      jobDefinition: of.definition,
      retryStrategy: of.retry ?? this.#retries(of.queue),
      containerOverrides: {
        environment: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
        resourceRequirements: [
          { type: 'VCPU', value: String(of.size.vcpus) },
          { type: 'MEMORY', value: String(of.size.memory) },
        ],
      },
      tags: { 'nlpflow:run': this.#run, ...of.tags },
      propagateTags: true,
      ...(of.timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: of.timeoutSeconds } }),
      ...(of.count > 1 ? { arrayProperties: { size: of.count } } : {}),
      ...(of.after.length > 0 ? { dependsOn: of.after.map((jobId) => ({ jobId })) } : {}),
    });
    const { memory, vcpus } = of.size;
    const submitted = new Date().toISOString();
    return { id, name, queue: of.queue, size: of.count, memory, vcpus, submitted };
  }

  /** On spot hosts fewer attempts, where there is another queue to go to. */
  #retries(queue: string): RetryStrategy {
    const { onDemandQueue } = this.#settings;
    return retryStrategy(onDemandQueue !== undefined && queue !== onDemandQueue ? SPOT_ATTEMPTS : ATTEMPTS);
  }

  async #prepare(name: string): Promise<Target> {
    const queue = await this.#service.queue(name);
    refuseUnusable(queue);
    if (queue.platform === 'FARGATE' && this.#settings.executionRole === undefined) {
      throw new NlpflowError(
        'BATCH_SETTINGS',
        `the queue ${name} runs on Fargate, which needs --execution-role ARN (or NLPFLOW_EXECUTION_ROLE) to pull the image and to write logs`,
      );
    }
    const { size, autoMemory } = this.#settings;
    const room = await roomOf(queue, legalSize(size, queue.platform).vcpus);
    // What was not asked for is chosen to fit.
    const note = autoMemory ? undefined : lowered(size, queue.name, room);
    const definition = await this.#service.definition(definitionOf(this.#settings, queue.platform));
    return { queue, definition, room: room?.offered, note };
  }

  /** Where the containers find the store: an endpoint that is not AWS' own, and the region. Never credentials. */
  async #surroundings(): Promise<Record<string, string>> {
    const endpoint = process.env['AWS_ENDPOINT_URL_S3'];
    return { AWS_REGION: await this.#service.region(), ...(endpoint ? { AWS_ENDPOINT_URL_S3: endpoint } : {}) };
  }
}

/** A queue that is closed, or whose environments are all closed, would keep its jobs for ever. */
function refuseUnusable({ name, detail, environments }: Queue): void {
  const problem = (text: string): NlpflowError => new NlpflowError('BATCH_QUEUE', `the job queue ${name} ${text}`);
  if (detail.state !== 'ENABLED') throw problem('is disabled; enable it or give another one with --queue');
  if (detail.status !== 'VALID') throw problem(`is ${detail.status}: ${detail.statusReason ?? 'no reason given'}`);
  if (environments.some(({ state, status }) => state === 'ENABLED' && status === 'VALID')) return;
  const reasons = environments.map(
    (one) =>
      `${one.computeEnvironmentName} is ${one.state === 'ENABLED' ? one.status : one.state} (${one.statusReason})`,
  );
  throw problem(`has no compute environment that works: ${reasons.join('; ') || 'none is attached'}`);
}

/** A job's name on AWS. */
export function jobName(run: string, submission: string): string {
  return `nlpflow-${run}-${submission}`.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 128);
}

/** A job with the tasks that are not settled yet. */
export class Submission {
  readonly name: string;
  readonly job: SubmittedJob;
  /** By index; a task leaves when it is settled. */
  readonly open: Map<number, Task>;
  /** The job that ends the run: it makes the tasks on its own, without a state for each. */
  readonly isFinish: boolean;
  /** Indices whose containers were seen. */
  readonly started = new Map<number, number>();
  /** Failed children that Batch has told of. */
  failed = 0;
  readonly #run: string;
  readonly #etags = new Map<number, string>();

  constructor(run: string, name: string, job: SubmittedJob, open: Map<number, Task>, isFinish = false) {
    this.#run = run;
    this.isFinish = isFinish;
    this.name = name;
    this.job = job;
    this.open = open;
  }

  get isArray(): boolean {
    return this.job.size > 1;
  }

  /** The job of an index, as Batch calls it. */
  jobId(index: number): string {
    return this.isArray ? `${this.job.id}:${index}` : this.job.id;
  }

  /** States of open tasks that changed since they were last asked for. */
  async changes(store: Store): Promise<[index: number, state: TaskState][]> {
    const changed: [number, string, string][] = [];
    for await (const { path, etag } of store.list(pathsOf(this.#run, this.name).folder)) {
      const index = indexOfState(path);
      if (index !== undefined && this.open.has(index) && this.#etags.get(index) !== etag) {
        changed.push([index, path, etag]);
      }
    }
    const states: [number, TaskState][] = [];
    for (let from = 0; from < changed.length; from += READ_AT_ONCE) {
      await Promise.all(
        changed.slice(from, from + READ_AT_ONCE).map(async ([index, path, etag]) => {
          const state = await readJson<TaskState>(store, path);
          this.#etags.set(index, etag);
          if (state) states.push([index, state]);
        }),
      );
    }
    return states.sort(([a], [b]) => a - b);
  }
}
