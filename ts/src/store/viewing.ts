/** A store through which runs are only looked at. */

import type { Store } from './store.ts';

/** What a write answers that was left out. */
const UNWRITTEN = 'unwritten';

/**
 * The store without its ways to write what belongs to runs and their index: for a process that watches a run which another
 * one writes. Results of stages can be written as ever, since whoever makes one makes the same.
 */
export function viewing(store: Store): Store {
  const isOfRuns = (path: string): boolean => path.startsWith('runs/') || path.startsWith('index/');
  const changed: Pick<Store, 'putRun' | 'linkRun' | 'put' | 'putFile' | 'delete'> = {
    putRun: async () => UNWRITTEN,
    linkRun: async () => {},
    put: async (path, bytes, condition) => (isOfRuns(path) ? UNWRITTEN : store.put(path, bytes, condition)),
    putFile: async (path, file, progress) => {
      if (!isOfRuns(path)) await store.putFile(path, file, progress);
    },
    delete: async (path) => {
      if (!isOfRuns(path)) await store.delete(path);
    },
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (Object.hasOwn(changed, name)) return Reflect.get(changed, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
