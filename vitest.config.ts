import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['ts/test/**/*.test.ts'],
    // Tests that start processes or train models need more than the default 5 s on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
