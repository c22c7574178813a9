/** Reads what `why-rerun` compares: the tasks of a run, which of them it computed, and those of earlier runs. */

import { STAGES, type StageName } from '../events.ts';
import type { Store } from '../store/store.ts';
import { readRecord } from './entries.ts';
import { listRuns } from './index.ts';
import { EVENTS_FILE, PLAN_FILE } from './journal.ts';
import type { RunRecord } from './manifest.ts';
import { inParallel } from './parallel.ts';
import { parseEvents } from './trace.ts';
import { type Cause, explainRerun, type KeyedRun, type KeyedTask, rootCauses, type StageReason } from './why.ts';

/** Earlier runs that are compared: the newest. */
const COMPARED = 50;
const WIDTH = 16;

/** What `why-rerun` says. */
export interface Rerun {
  readonly run: string;
  readonly computed: number;
  readonly reused: number;
  /** Each field once, at the stage where it belongs. */
  readonly causes: readonly Cause[];
  readonly stages: readonly StageReason[];
  /** Number of earlier runs that were compared. */
  readonly compared: number;
}

/** Explains why a run computed what it did. */
export async function whyRerun(record: RunRecord, store: Store): Promise<Rerun> {
  const events = parseEvents((await store.getRun(record.id, EVENTS_FILE))?.toString('utf8') ?? '');
  const computed = new Set(events.flatMap((event) => (event.event === 'task.done' ? [event.task] : [])));
  const reused = new Set(events.flatMap((event) => (event.event === 'task.reused' ? [event.task] : [])));
  const run = await keyedRun(record, store);
  const older = (await listRuns(store)).filter(({ created, id }) => created < record.created && id !== record.id);
  const earlier = await inParallel(older.slice(0, COMPARED), WIDTH, async ({ id }) => {
    const found = await readRecord(store, id).catch(() => undefined);
    return found ? keyedRun(found, store) : undefined;
  });
  const compared = earlier.filter((one) => one !== undefined);
  const stages = explainRerun(run, computed, compared);
  return {
    run: record.id,
    computed: computed.size,
    reused: reused.size,
    causes: rootCauses(stages, run.tasks),
    stages,
    compared: compared.length,
  };
}

/** The tasks of a run: those of its plan, and of what selection led to where the plan does not say. */
async function keyedRun(record: RunRecord, store: Store): Promise<KeyedRun> {
  const tasks = parseTasks(await store.getRun(record.id, PLAN_FILE));
  const { final, fit } = record.keys;
  for (const [stage, id, key] of [
    ['features', 'features/selected/final', final],
    ['fit', 'fit', fit],
  ] as const) {
    if (key === undefined || tasks.some((task) => task.key === key)) continue;
    const kept = await keptTask(stage, id, key, tasks, store);
    if (kept) tasks.push(kept);
  }
  return { id: record.id, tasks, reached: reached(record) };
}

/** A task by what its result says of its key; undefined when the result is gone. */
async function keptTask(
  stage: StageName,
  id: string,
  key: string,
  tasks: readonly KeyedTask[],
  store: Store,
): Promise<KeyedTask | undefined> {
  const found = await store.get(`stages/${stage}/${key}/stage.json`).catch(() => null);
  try {
    const { explain } = JSON.parse(found?.bytes.toString('utf8') ?? 'null') as Pick<KeyedTask, 'explain'>;
    const names = ['corpus', 'split', 'features'].filter((name) => typeof explain[name] === 'string');
    const inputs = Object.fromEntries(names.map((name) => [name, { key: String(explain[name]) }]));
    // The task of the plan of which this is another one, e.g. for its recipe, has the same id where there is one.
    return { id: tasks.find((task) => task.key === key)?.id ?? id, stage, key, explain, inputs };
  } catch {
    return undefined;
  }
}

/** Preprocessing ends with the final features, which tuning leaves out. */
function reached({ until }: RunRecord): (task: KeyedTask) => boolean {
  return ({ stage, explain }) => {
    const isFinal = stage === 'features' && explain['fold'] === null;
    if (until === 'preprocess') return stage === 'corpus' || stage === 'split' || isFinal;
    return until === 'fit' || (stage !== 'fit' && !isFinal);
  };
}

/** The tasks of plan.json; what is not a task is left out. */
export function parseTasks(bytes: Buffer | null): KeyedTask[] {
  try {
    const { tasks } = JSON.parse(bytes?.toString('utf8') ?? '{}') as { tasks?: unknown };
    return Array.isArray(tasks) ? tasks.filter(isTask) : [];
  } catch {
    return [];
  }
}

function isTask(task: unknown): task is KeyedTask {
  const { id, stage, key, explain, inputs } = (task ?? {}) as Partial<Record<keyof KeyedTask, unknown>>;
  return (
    typeof id === 'string' &&
    (STAGES as readonly unknown[]).includes(stage) &&
    typeof key === 'string' &&
    typeof explain === 'object' &&
    explain !== null &&
    typeof inputs === 'object' &&
    inputs !== null
  );
}
