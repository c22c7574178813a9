import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take long: they begin first, so that none of them is left alone at the end. */
const LONG = [
  's3/faults',
  's3/run',
  'chaos/chaos',
  'flow/kill',
  'batch/away',
  'batch/same',
  'contract/batch',
  'native/checkpoint',
  'report/browser',
  'cli/runs',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONG.findIndex((name) => moduleId.endsWith(`ts/test/${name}.test.ts`));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    include: ['ts/test/**/*.test.ts'],
    globalSetup: ['ts/test/shared.setup.ts'],
    sequence: { sequencer: LongFirst },
    // One file more than there are cores: many tests wait for a process, a retry or a clock.
    maxWorkers: availableParallelism() + 1,
    // Tests that start processes or train models need more than the default 5 s on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
