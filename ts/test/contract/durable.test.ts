/** What gets its name in a store or as an output is on the disk before: the order of the calls to the system, as strace sees it. */

import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary.ts';
import { bundledProgram } from './worker-process.ts';

const HAS_STRACE = spawnSync('strace', ['-f', '-e', 'trace=fsync', 'true']).status === 0;

const PROGRAM = `
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../src/cli/artifact.ts';
import { openFolderStore } from '../../src/store/folder.ts';
const root = process.argv[2];
const store = openFolderStore(join(root, 'store'));
const staging = await store.begin('boost', 'k');
await writeFile(join(staging.path, 'metrics.json'), '[]');
await staging.commit({ stage: 'boost', key: 'k', explain: {}, summary: null });
await store.put('runs/r/run.json', '{}');
await store.put('index/once', 'x', { absent: true });
await writeWhole(join(root, 'output.csv'), 'a');
`;

/** The calls that matter, without what follows a name: `sync PATH`, `name FROM TO`. */
function callsOf(trace: string): string[] {
  return trace.split('\n').flatMap((line) => {
    const synced = /(?:fsync|fdatasync)\(\d+<(?<path>[^>]+)>/.exec(line)?.groups?.['path'];
    if (synced !== undefined) return [`sync ${synced}`];
    const named = /(?:rename|link)(?:at2?)?\(.*"(?<from>[^"]+)",.*"(?<to>[^"]+)"/.exec(line)?.groups;
    return named ? [`name ${named['from']} ${named['to']}`] : [];
  });
}

test.skipIf(!HAS_STRACE)('content before the name, the name before anybody is told', async () => {
  const root = await temporaryFolder();
  const trace = join(await temporaryFolder(), 'trace');
  const program = await bundledProgram('durable', PROGRAM);
  const what = 'trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat';
  await promisify(execFile)('strace', [
    '-f',
    '-y',
    '-s',
    '4096',
    '-o',
    trace,
    '-e',
    what,
    process.execPath,
    program,
    root,
  ]);
  const calls = callsOf(await readFile(trace, 'utf8'));
  const store = join(root, 'store');
  const published = {
    [join(store, 'stages/boost/k')]: ['', '/metrics.json', '/stage.json'],
    [join(store, 'runs/r/run.json')]: [''],
    [join(store, 'index/once')]: [''],
    [join(root, 'output.csv')]: [''],
  };
  for (const [path, parts] of Object.entries(published)) {
    const at = calls.findIndex((call) => call.startsWith('name ') && call.endsWith(` ${path}`));
    expect(at, path).toBeGreaterThanOrEqual(0);
    const from = calls[at]?.split(' ')[1] ?? '';
    for (const part of parts) expect(calls.slice(0, at), path).toContain(`sync ${from}${part}`);
    expect(calls.slice(at + 1), path).toContain(`sync ${join(path, '..')}`);
  }
});
