/** Runs command lines in this process, in a temporary folder, as a person would in a shell. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import type { Clock } from '../../src/executors/batch/clock.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';

/** What came of a command line. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const folders: string[] = [];

afterEach(async () => {
  // A process that is just ending may still write into its folder.
  const how = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 } as const;
  await Promise.all(folders.splice(0).map((folder) => rm(folder, how)));
});

/** A folder with files in it, removed after the test. */
export async function folderWith(files: Record<string, string | Uint8Array> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nlpflow-cli-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Runs `nlpflow <line>`; words are split at blanks, so give arguments with blanks as a list. */
export async function runCli(
  line: string | readonly string[],
  world: { cwd?: string; env?: NodeJS.ProcessEnv; worker?: WorkerCommand; clock?: Clock; signal?: AbortSignal } = {},
): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const cwd = world.cwd ?? (await folderWith());
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const code = await runProgram(argv, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: world.env ?? {},
    cwd,
    signal: world.signal ?? new AbortController().signal,
    ...(world.worker ? { worker: world.worker } : {}),
    ...(world.clock ? { clock: world.clock } : {}),
  });
  return { code, stdout: scrub(stdout, cwd), stderr: scrub(stderr, cwd) };
}

/** Takes out what differs from run to run: the folder, ids and times. */
function scrub(text: string, cwd: string): string {
  return text
    .replaceAll(cwd, '<folder>')
    .replace(/\b\d{8}-\d{6}-[a-z2-7]{4}\b/g, '<run>')
    .replace(/\b\d+(\.\d+)? s\b/g, '# s')
    .replace(/\b\d+(\.\d+)? [KMGT]iB\b/g, '# GiB')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}
