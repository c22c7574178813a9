/** How much memory containers get: what was asked for, what their tasks need by their estimate, and what the queue's instances leave. */

import { NlpflowError } from '../../errors.ts';
import type { Task } from '../../flow/task.ts';
import { estimates } from '../../flow/tune.ts';
import type { FeaturesSummary } from '../../native/stages.ts';
import type { Store } from '../../store/store.ts';
import { SHARE_OF_MEMORY } from '../capacity.ts';
import { instanceSizes } from './account.ts';
import type { MemoryChoice } from './manifest.ts';
import type { Queue } from './service.ts';
import type { BatchSettings } from './settings.ts';
import { type ContainerSize, inWords, left, MOST_ON_FARGATE, mebibytesInWords, type Platform, roomy } from './sizes.ts';

const MIB = 1024 ** 2;
/** What a process holds before it has read anything. */
const PROCESS = 192 * MIB;
/** Bytes of a matrix in memory, an entry and a row. */
const PER_ENTRY = 8;
const PER_ROW = 24;

/** Chooses for each task by its id; an error is why a task cannot run on the queue. */
export async function chooseMemory(
  tasks: readonly Task[],
  store: Store,
  settings: BatchSettings,
  { platform, room }: { readonly platform: Platform; readonly room: number | undefined },
): Promise<Map<string, MemoryChoice | NlpflowError>> {
  const usual = usualMemory(settings, platform, room);
  const choices = new Map<string, MemoryChoice | NlpflowError>(tasks.map(({ id }) => [id, usual]));
  if (!settings.autoMemory) return choices;
  const trainings = tasks.filter(({ stage }) => stage === 'boost' || stage === 'fit');
  const needs = await estimates(trainings, store);
  const keys = new Set(trainings.flatMap(({ inputs }) => inputs['features']?.key ?? []));
  const features = (await store.summaries('features', [...keys])) as Map<string, FeaturesSummary>;
  for (const { id, inputs } of trainings) {
    const bytes = needs.get(id);
    // What the engine refuses is told by the task itself.
    if (bytes === undefined || bytes instanceof NlpflowError) continue;
    const estimate = bytes + PROCESS + matrixBytes(features.get(inputs['features']?.key ?? ''));
    const wanted = roomy(estimate / SHARE_OF_MEMORY / MIB, platform);
    const mebibytes = Math.min(wanted, room ?? wanted);
    choices.set(
      id,
      mebibytes * MIB < estimate ? tooLarge(estimate, mebibytes) : { mebibytes, from: 'estimate', estimate },
    );
  }
  return choices;
}

/** What was chosen by estimates, in words; undefined where nothing was. */
export function memoryInWords(choices: ReadonlyMap<string, MemoryChoice | NlpflowError>): string | undefined {
  const chosen = [...choices.values()].filter((one) => !(one instanceof NlpflowError) && one.from === 'estimate');
  const sizes = (chosen as MemoryChoice[]).map(({ mebibytes }) => mebibytes);
  if (sizes.length === 0) return undefined;
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const needed = Math.max(...(chosen as MemoryChoice[]).map(({ estimate = 0 }) => estimate));
  const range = least === most ? mebibytesInWords(most) : `${mebibytesInWords(least)} to ${mebibytesInWords(most)}`;
  return `${range} of memory a task, by an estimate of at most ${Math.ceil(needed / MIB)} MiB`;
}

/** For tasks without an estimate. */
export function usualMemory(settings: BatchSettings, platform: Platform, room: number | undefined): MemoryChoice {
  const { memory } = settings.size;
  const wanted = settings.autoMemory ? roomy(left(memory), platform) : memory;
  return { mebibytes: Math.min(wanted, room ?? wanted), from: settings.autoMemory ? 'default' : 'asked' };
}

/** The matrix that a training reads. */
function matrixBytes(features: FeaturesSummary | undefined): number {
  if (!features) return 0;
  const { entries, analysis, assessment } = features;
  return entries * PER_ENTRY + (analysis + assessment) * PER_ROW;
}

/** MiB that a queue offers to one container with so many vCPUs; undefined where that cannot be told. */
export async function roomOf(
  { platform, environments }: Queue,
  vcpus: number,
): Promise<{ name: string; installed: number; offered: number } | undefined> {
  if (platform === 'FARGATE') return { name: 'Fargate', installed: MOST_ON_FARGATE, offered: MOST_ON_FARGATE };
  const names = environments
    .filter(({ state, status }) => state === 'ENABLED' && status === 'VALID')
    .flatMap(({ computeResources }) => computeResources?.instanceTypes ?? []);
  const sizes = await instanceSizes(names);
  const fitting = [...(sizes ?? [])].filter(([, size]) => size.vcpus >= vcpus);
  const [name, largest] = fitting.sort(([, a], [, b]) => b.memory - a.memory)[0] ?? [];
  if (name === undefined || !largest) return undefined;
  return { name, installed: largest.memory, offered: left(largest.memory) };
}

/**
 * Whether a size that was asked for fits into a queue's instances: what is too much only because ECS keeps a part of the memory
 * is lowered, and the words say so. Throws `BATCH_SETTINGS` for what no instance can hold: its job would wait for ever.
 */
export function lowered(
  asked: ContainerSize,
  queue: string,
  room: { name: string; installed: number; offered: number } | undefined,
): string | undefined {
  if (!room || asked.memory <= room.offered) return undefined;
  const offered = inWords({ ...asked, memory: room.offered });
  if (asked.memory > room.installed) {
    throw new NlpflowError(
      'BATCH_SETTINGS',
      `no instance of ${queue} holds a task of ${inWords(asked)}: the largest, ${room.name}, offers ${offered}; ask for less with --memory, or allow larger instances`,
    );
  }
  return `${room.name} has ${inWords({ ...asked, memory: room.installed })}, of which the system and ECS keep a part: a task on ${queue} gets ${offered}`;
}

function tooLarge(estimate: number, offered: number): NlpflowError {
  return new NlpflowError(
    'MEMORY_TOO_SMALL',
    `the booster needs about ${Math.ceil(estimate / MIB)} MiB of memory, and the largest instance of the queue offers ${offered} MiB; allow larger instances, use a smaller tokenfilter.max_tokens, tree_depth or max_bin, or give --memory if the estimate is wrong`,
  );
}
