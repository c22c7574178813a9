/** Checks of this machine: what a run needs wherever its tasks are. */

import { randomBytes } from 'node:crypto';
import { NlpflowError } from '../errors.ts';
import { availableCores, availableMemory, bytesInWords } from '../executors/capacity.ts';
import { registry } from '../native/registry.ts';
import type { Store } from '../store/store.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** Bytes below which even small boosters hardly fit. */
const LITTLE_MEMORY = 1024 ** 3;
const LEAST_NODE = [20, 19] as const;

export interface MachineFacts {
  readonly openStore: () => Promise<Store>;
  readonly nodeVersion: string;
}

export const MACHINE_CHECKS: readonly Check<MachineFacts>[] = [
  {
    name: 'node',
    look: async ({ nodeVersion }) => {
      const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
      const isEnough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
      if (isEnough) return ok(`Node.js ${nodeVersion}`);
      return failed(`Node.js ${nodeVersion} is too old`, `install Node.js ${LEAST_NODE.join('.')} or newer`);
    },
  },
  {
    name: 'add-on',
    look: async () => {
      try {
        const { version } = registry();
        return ok(`native add-on ${version}`);
      } catch (error) {
        return failed((error as Error).message, 'start nlpflow once through scripts/nlpflow, which builds it');
      }
    },
  },
  {
    name: 'store',
    look: async ({ openStore }) => {
      const probe = `doctor/${randomBytes(8).toString('hex')}`;
      try {
        const store = await openStore();
        await store.put(probe, probe);
        const read = await store.get(probe);
        await store.delete(probe);
        if (read?.bytes.toString() === probe) return ok(`${store.url} can be written and read`);
        return failed(`${store.url} gives back something else than was written`, 'use another --store');
      } catch (error) {
        if (!(error instanceof NlpflowError)) throw error;
        return failed(error.message, 'correct --store, or its permissions: docs/stores.md lists what is needed');
      }
    },
  },
  {
    name: 'machine',
    look: async () => {
      const memory = availableMemory();
      const words = `${availableCores()} cores, ${bytesInWords(memory)} of memory free`;
      return memory < LITTLE_MEMORY ? warning(words, 'end other programs, or use --on batch') : ok(words);
    },
  },
];
