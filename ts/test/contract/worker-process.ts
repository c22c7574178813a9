/** Processes for tests: the sources bundled for Node, since Node 20 runs no TypeScript, and the fake add-on. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { keyOf } from '../../src/flow/keys.ts';
import { shared } from '../shared.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Path of the fake add-on, for NLPFLOW_NATIVE. */
export const FAKE_NATIVE = await bundledAddon('native', fileURLToPath(new URL('./fake-native.ts', import.meta.url)));

/** Bundles an add-on that is written in TypeScript. Returns its path. */
export async function bundledAddon(name: string, source: string): Promise<string> {
  const folder = await shared(name, (outdir) =>
    bundle({ entryPoints: { native: source }, outdir, format: 'cjs', outExtension: { '.js': '.cjs' } }),
  );
  return join(folder, 'native.cjs');
}

/** Bundles a program of the sources; its imports are relative to this folder. Returns its path. */
export async function bundledProgram(name: string, contents: string): Promise<string> {
  // CommonJS packages ask for Node's modules by `require`, which a module does not have.
  const js =
    "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";
  // Parts that are only asked for sometimes, such as S3, are files of their own: that is half of the time of a start.
  const folder = await shared(`${name}-${keyOf({ contents }).slice(0, 8)}`, (outdir) =>
    bundle({
      stdin: { contents, resolveDir: HERE, loader: 'ts' },
      outdir,
      format: 'esm',
      splitting: true,
      outExtension: { '.js': '.mjs' },
      banner: { js },
    }),
  );
  return join(folder, 'stdin.mjs');
}

/** Bundles the worker. */
export async function bundledWorker(): Promise<WorkerCommand> {
  const contents = `import { serveTasks } from '../../src/executors/worker.ts'; await serveTasks();`;
  return { module: await bundledProgram('worker', contents), args: ['worker'] };
}

async function bundle(options: BuildOptions): Promise<void> {
  await build({ ...options, bundle: true, platform: 'node', target: 'node20', logLevel: 'error' });
}
