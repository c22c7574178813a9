/** Processes for tests: the sources bundled for Node, since Node 20 runs no TypeScript, and the fake add-on. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import type { WorkerCommand } from '../../src/executors/executor.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'nlpflow-bundles-'));
process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }));

/** Path of the fake add-on, for NLPFLOW_NATIVE. */
export const FAKE_NATIVE = join(FOLDER, 'native.cjs');
await bundle(FAKE_NATIVE, {
  entryPoints: [fileURLToPath(new URL('./fake-native.ts', import.meta.url))],
  format: 'cjs',
});

/** Bundles a program of the sources; its imports are relative to this folder. Returns its path. */
export async function bundledProgram(name: string, contents: string): Promise<string> {
  const path = join(FOLDER, `${name}.mjs`);
  await bundle(path, { stdin: { contents, resolveDir: HERE, loader: 'ts' }, format: 'esm' });
  return path;
}

/** Bundles the worker; call `remove` at the end. */
export async function bundledWorker(): Promise<{ command: WorkerCommand; remove: () => Promise<void> }> {
  const contents = `import { serveTasks } from '../../src/executors/worker.ts'; await serveTasks();`;
  const module = await bundledProgram('worker', contents);
  return { command: { module, args: ['worker'] }, remove: async () => rmSync(module, { force: true }) };
}

async function bundle(outfile: string, options: BuildOptions): Promise<void> {
  // CommonJS packages ask for Node's modules by `require`, which a module does not have.
  const js =
    "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";
  const banner = options.format === 'esm' ? { banner: { js } } : {};
  await build({ ...options, ...banner, outfile, bundle: true, platform: 'node', logLevel: 'error' });
}
