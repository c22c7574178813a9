/** vCPUs and memory that a container may have. */

import { NlpflowError } from '../../errors.ts';

/** What a container asks for. */
export interface ContainerSize {
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
}

/** Where containers run: on instances of the account, or on Fargate. */
export type Platform = 'EC2' | 'FARGATE';

const GIB = 1024;

/** Legal pairs on Fargate: vCPUs, and GiB from, to and in steps of. */
const FARGATE: readonly (readonly [vcpus: number, from: number, to: number, step: number])[] = [
  [0.25, 0.5, 2, 0.5],
  [0.5, 1, 4, 1],
  [1, 2, 8, 1],
  [2, 4, 16, 1],
  [4, 8, 30, 1],
  [8, 16, 60, 4],
  [16, 32, 120, 8],
];
/** MiB of the largest container on Fargate. */
export const MOST_ON_FARGATE = Math.max(...FARGATE.map(([, , to]) => to)) * GIB;
/** 1.5 GiB stands between the steps of the smallest size and is not to be had. */
const MISSING = 1.5;

/**
 * Share of an instance's memory that containers may have. The kernel and the platform take some before ECS counts it, and ECS keeps
 * 32 MiB: 7,953 of 8,192 MiB are left on an m4.large; AWS advises to leave 5 % to the system.
 */
const LEFT_BY_ECS = 0.95;

/** Sizes that are chosen without being asked for, in GiB: few, so that tasks share their jobs. */
const USUAL = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768];

/** MiB of an instance that containers may have. */
export function left(installed: number): number {
  return Math.floor(installed * LEFT_BY_ECS);
}

/** The next usual size above so many MiB; on instances a little less than whole GiB, since they offer less. */
export function roomy(mebibytes: number, platform: Platform): number {
  const sizes = USUAL.map((gibibytes) => (platform === 'EC2' ? left(gibibytes * GIB) : gibibytes * GIB));
  return sizes.find((size) => size >= mebibytes) ?? Math.ceil(mebibytes);
}

/** The smallest size of the platform that holds what was asked for. Throws `BATCH_SETTINGS` when there is none. */
export function legalSize(asked: ContainerSize, platform: Platform): ContainerSize {
  if (platform === 'EC2') {
    return { vcpus: Math.max(1, Math.ceil(asked.vcpus)), memory: Math.max(4, Math.ceil(asked.memory)) };
  }
  for (const [vcpus, from, to, step] of FARGATE) {
    if (vcpus < asked.vcpus) continue;
    const gibibytes = [];
    for (let amount = from; amount <= to; amount += step) gibibytes.push(amount);
    const found = gibibytes.find((amount) => amount * GIB >= asked.memory && (vcpus > 0.25 || amount !== MISSING));
    if (found !== undefined) return { vcpus, memory: found * GIB };
  }
  throw new NlpflowError(
    'BATCH_SETTINGS',
    `Fargate has no size of ${inWords(asked)}: at most 16 vCPU and 120 GiB; ask for less or use a queue with EC2 instances`,
  );
}

/** `2 vCPU and 4 GiB`. */
export function inWords({ vcpus, memory }: ContainerSize): string {
  return `${vcpus} vCPU and ${mebibytesInWords(memory)}`;
}

/** `4 GiB`, `3891 MiB`. */
export function mebibytesInWords(memory: number): string {
  return memory % GIB === 0 ? `${memory / GIB} GiB` : `${memory} MiB`;
}
