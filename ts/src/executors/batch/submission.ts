/** Makes jobs of tasks: queue, definition, size, manifest. */

import { randomBytes } from 'node:crypto';
import type { RetryStrategy } from '@aws-sdk/client-batch';
import { NlpflowError } from '../../errors.ts';
import type { Task } from '../../flow/task.ts';
import { inParallel } from '../../runs/parallel.ts';
import type { Store } from '../../store/store.ts';
import type { Clock } from './clock.ts';
import { ATTEMPTS, definitionOf, retryStrategy, SPOT_ATTEMPTS, unwatchedRetryStrategy } from './definition.ts';
import { Draft, type JobDraft } from './draft.ts';
import { jobName } from './job.ts';
import { type MemoryChoice, newManifest, pathsOf, settingsPath } from './manifest.ts';
import { lowered, roomOf } from './memory.ts';
import { Placement } from './placement.ts';
import type { BatchService, Queue } from './service.ts';
import type { BatchSettings } from './settings.ts';
import { type ContainerSize, legalSize } from './sizes.ts';
import { withTableInStore } from './table.ts';

/** Tables are looked for in the store this many at a time. */
const AT_ONCE = 32;
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
  readonly #clock: Clock;
  readonly #queues = new Map<string, Promise<Target>>();

  constructor(store: Store, service: BatchService, settings: BatchSettings, run: string, clock: Clock) {
    this.#store = store;
    this.#service = service;
    this.#settings = settings;
    this.#run = run;
    this.#clock = clock;
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

  /** Puts the tasks' manifest on the store; their job, an array or a plain job for a lone task, is yet to be placed. */
  async draft(
    tasks: readonly Task[],
    wanted: Wanted,
    how: { failures?: 'exit' | 'record'; after?: readonly string[] } = {},
  ): Promise<Draft> {
    const { definition, queue } = await this.target(wanted.queue);
    const stage = tasks[0]?.stage ?? 'none';
    const name = `${stage}-${randomBytes(4).toString('hex')}`;
    const { memory } = wanted;
    const size = legalSize({ vcpus: this.#settings.size.vcpus, memory: memory.mebibytes }, queue.platform);
    const paths = pathsOf(this.#run, name);
    const threads = Math.max(1, Math.floor(size.vcpus));
    const failures = how.failures ?? 'exit';
    const sent = await inParallel(tasks, AT_ONCE, (task) => withTableInStore(task, this.#store));
    const given = { ...memory, mebibytes: size.memory };
    const manifest = newManifest({ run: this.#run, tasks: sent, threads, beat: BEAT, failures, memory: given });
    await this.#store.put(paths.manifest, JSON.stringify(manifest));
    const job = await this.jobDraft(name, {
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
    return new Draft(this.#run, this.#store, job, tasks, memory);
  }

  /** A job of this run that is yet to be placed. */
  async jobDraft(
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
  ): Promise<JobDraft> {
    const environment = { NLPFLOW_STORE: this.#store.url, ...(await this.#surroundings()), ...of.environment };
    const request = {
      jobName: jobName(this.#run, name),
      jobQueue: of.queue,
      jobDefinition: of.definition,
      retryStrategy: of.retry ?? this.#retries(of.queue),
      containerOverrides: {
        environment: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
        resourceRequirements: [
          { type: 'VCPU' as const, value: String(of.size.vcpus) },
          { type: 'MEMORY' as const, value: String(of.size.memory) },
        ],
      },
      tags: { 'nlpflow:run': this.#run, ...of.tags },
      propagateTags: true,
      ...(of.timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: of.timeoutSeconds } }),
      ...(of.count > 1 ? { arrayProperties: { size: of.count } } : {}),
      ...(of.after.length > 0 ? { dependsOn: of.after.map((jobId) => ({ jobId })) } : {}),
    };
    const { memory, vcpus } = of.size;
    const job = { name, queue: of.queue, size: of.count, memory, vcpus };
    return { job, placement: new Placement(request, this.#service, this.#clock) };
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
