import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { WorkerCommand } from '../../src/executors/executor.ts';

/** The command line as a file for Node, which is its own worker, too. */
export interface BundledCli {
  readonly main: string;
  readonly worker: WorkerCommand;
  remove(): Promise<void>;
}

/** Bundles the command line, since Node 20 runs no TypeScript. With `fake`, NLPFLOW_NATIVE names the fake add-on from now on. */
export async function bundleCli(native: 'fake' | 'real'): Promise<BundledCli> {
  const folder = await mkdtemp(join(tmpdir(), 'nlpflow-cli-bundle-'));
  const main = join(folder, 'main.mjs');
  const common = { bundle: true, platform: 'node', logLevel: 'error' } as const;
  await build({
    ...common,
    entryPoints: [fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))],
    outfile: main,
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
  if (native === 'fake') {
    const addon = join(folder, 'native.cjs');
    await build({
      ...common,
      entryPoints: [fileURLToPath(new URL('./fake-native.ts', import.meta.url))],
      outfile: addon,
      format: 'cjs',
    });
    process.env['NLPFLOW_NATIVE'] = addon;
  }
  return {
    main,
    worker: { module: main, args: ['worker'] },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
