import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { bundledAddon } from '../contract/worker-process.ts';
import { shared } from '../shared.ts';

const BUNDLER = fileURLToPath(new URL('../../../scripts/bundle.mjs', import.meta.url));

/** The command line as a file for Node, which is its own worker, too. */
export interface BundledCli {
  readonly main: string;
  readonly worker: WorkerCommand;
}

/**
 * Bundles the command line as `scripts/nlpflow` does, since Node 20 runs no TypeScript. With `fake`, NLPFLOW_NATIVE names
 * the fake add-on from now on.
 */
export async function bundleCli(native: 'fake' | 'real'): Promise<BundledCli> {
  const folder = await shared('cli', async (path) => {
    await writeFile(join(path, 'package.json'), '{ "type": "module" }');
    await promisify(execFile)(process.execPath, [BUNDLER, path]);
  });
  if (native === 'fake') {
    const source = fileURLToPath(new URL('./fake-native.ts', import.meta.url));
    process.env['NLPFLOW_NATIVE'] = await bundledAddon('cli-native', source);
  }
  const main = join(folder, 'main.js');
  return { main, worker: { module: main, args: ['worker'] } };
}
