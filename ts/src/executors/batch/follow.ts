/** What the containers of a run print while they run, from CloudWatch Logs. */

import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  type GetLogEventsRequest,
  type GetLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Task } from '../../flow/task.ts';
import type { LogLine } from '../../runs/logs.ts';
import type { Store } from '../../store/store.ts';
import { settingsOf } from './away.ts';
import { Submission } from './job.ts';
import { jobsOf } from './jobs.ts';
import { logGroupOf } from './logs.ts';
import { type Manifest, pathsOf, readJson, type TaskState } from './manifest.ts';
import { awsProblem } from './problems.ts';
import { BatchService } from './service.ts';

/** Streams that are read at a time: GetLogEvents may be called 25 times a second by all of an account. */
export const MOST_STREAMS = 20;

/** An attempt that runs, or whose end was not read yet. */
interface Followed {
  readonly task: string;
  readonly attempt: number;
  readonly jobId: string;
  stream?: { readonly group: string; readonly name: string };
  /** Where the next reading begins. */
  token?: string;
  isOver: boolean;
}

/** Reads on where it stopped; one object a run. */
export class ContainerLogs {
  readonly #run: string;
  readonly #store: Store;
  readonly #isWanted: (task: Task) => boolean;
  readonly #service = new BatchService();
  readonly #client = new CloudWatchLogsClient({});
  readonly #submissions = new Map<string, Submission>();
  readonly #followed = new Map<string, Followed>();
  /** Lines that were read before another stream failed. */
  readonly #unsaid: LogLine[] = [];

  constructor(run: string, store: Store, isWanted: (task: Task) => boolean) {
    this.#run = run;
    this.#store = store;
    this.#isWanted = isWanted;
  }

  /** Lines since the last time. Throws `AWS_DENIED` where CloudWatch must not be asked, and what may pass as such. */
  async lines(): Promise<LogLine[]> {
    await this.#look();
    const followed = [...this.#followed.values()].slice(0, MOST_STREAMS);
    await this.#findStreams(followed.filter(({ stream }) => !stream));
    for (const one of followed) {
      await this.#read(one);
      // What it wrote at its end stands in the store, too.
      if (one.isOver) this.#followed.delete(one.jobId);
    }
    return this.#unsaid.splice(0);
  }

  close(): void {
    this.#service.close();
    this.#client.destroy();
  }

  /** Learns from the store which attempts run. */
  async #look(): Promise<void> {
    await settingsOf(this.#run, this.#store);
    const of = { run: this.#run, store: this.#store, service: this.#service, briefly: true };
    for (const job of await jobsOf(of)) {
      if (this.#submissions.has(job.id)) continue;
      const run = job.run ?? this.#run;
      const manifest = await readJson<Manifest>(this.#store, pathsOf(run, job.name).manifest);
      const tasks = [...(manifest?.tasks ?? []).entries()].filter(([, task]) => this.#isWanted(task));
      this.#submissions.set(job.id, new Submission({ run, job, open: new Map(tasks) }));
    }
    for (const submission of this.#submissions.values()) {
      if (submission.open.size === 0) continue;
      for (const [index, state] of await submission.changes(this.#store)) this.#take(submission, index, state);
    }
  }

  #take(submission: Submission, index: number, { state, attempt }: TaskState): void {
    const jobId = submission.jobId(index);
    const task = submission.open.get(index)?.id ?? '';
    const known = this.#followed.get(jobId);
    const isOver = state !== 'running';
    if (known?.attempt === attempt) known.isOver = isOver;
    else if (!isOver) this.#followed.set(jobId, { task, attempt, jobId, isOver });
    // A task that was stopped goes on in another attempt.
    if (isOver && state !== 'stopped') submission.open.delete(index);
  }

  async #findStreams(attempts: readonly Followed[]): Promise<void> {
    const jobs = attempts.length === 0 ? [] : await this.#service.describe(attempts.map(({ jobId }) => jobId));
    for (const job of jobs) {
      const one = this.#followed.get(job.jobId ?? '');
      if (!one) continue;
      const ended = job.attempts?.[one.attempt - 1]?.container?.logStreamName;
      const running = (job.attempts?.length ?? 0) === one.attempt - 1 ? job.container?.logStreamName : undefined;
      const name = ended ?? running;
      if (name !== undefined) one.stream = { group: logGroupOf(job), name };
    }
  }

  /** All that a stream has by now. */
  async #read(one: Followed): Promise<void> {
    const { stream, task, attempt } = one;
    while (stream) {
      const request = { logGroupName: stream.group, logStreamName: stream.name, startFromHead: true };
      const { events = [], nextForwardToken } = await this.#ask({
        ...request,
        ...(one.token === undefined ? {} : { nextToken: one.token }),
      });
      for (const { timestamp = 0, message = '' } of events) {
        const text = message.trimEnd();
        if (text !== '') this.#unsaid.push({ time: new Date(timestamp).toISOString(), task, attempt, text });
      }
      // The end of a stream answers with the token that it was asked with.
      const isEnd = nextForwardToken === undefined || nextForwardToken === one.token;
      if (nextForwardToken !== undefined) one.token = nextForwardToken;
      if (isEnd || events.length === 0) return;
    }
  }

  async #ask(request: GetLogEventsRequest): Promise<GetLogEventsResponse> {
    try {
      return await this.#client.send(new GetLogEventsCommand(request));
    } catch (error) {
      // A stream comes into being with its first line.
      if ((error as Error).name === 'ResourceNotFoundException') return {};
      throw awsProblem('GetLogEvents', error);
    }
  }
}
