/** Whose a file is: PIDs of other namespaces, boots and machines say nothing, and PIDs are given again. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { beat, isBeating } from '../../src/runs/heartbeat.ts';
import { afterSweep } from '../../src/runs/sweeplock.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { underLock } from '../../src/store/lock.ts';
import { lifeOf, ownOwner } from '../../src/store/owner.ts';
import { isStale, makeStaging, ownName, signKept, sweepStaging } from '../../src/store/staging.ts';
import { temporaryFolder } from './temporary.ts';
import { bundledProgram } from './worker-process.ts';

const ELSEWHERE = '0123abcd';

/** A PID that no process of ours has. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? expect.unreachable();
}

/** A name such as that of this process, with parts of it changed. */
function nameOf({ space, began, pid }: { space?: string; began?: number; pid?: number }): string {
  const parts = /^(?<host>.+)-(?<space>[0-9a-f]{8})\.(?<began>\d+)-(?<pid>\d+)-(?<rest>[0-9a-f]{12})$/.exec(ownName());
  const own = parts?.groups ?? expect.unreachable();
  return `${own['host']}-${space ?? own['space']}.${began ?? own['began']}-${pid ?? own['pid']}-${own['rest']}`;
}

async function makeOld(path: string, seconds: number): Promise<void> {
  const then = new Date(Date.now() - seconds * 1000);
  await utimes(path, then, then);
}

test('a process is known by space, PID and beginning', async () => {
  const own = ownOwner();
  expect(lifeOf(own)).toBe('alive');
  expect(lifeOf({ ...own, pid: await deadPid() })).toBe('gone');
  expect(lifeOf({ ...own, space: ELSEWHERE, pid: await deadPid() })).toBe('unknown');
  expect(lifeOf({ ...own, host: 'elsewhere' })).toBe('unknown');
  // What an older nlpflow wrote has a host and a PID only.
  expect(lifeOf({ host: own.host, pid: own.pid })).toBe('alive');
  expect(lifeOf({ host: own.host, pid: await deadPid() })).toBe('gone');
});

test.skipIf(process.platform !== 'linux')('a PID that was given again belongs to another process', async () => {
  const own = ownOwner();
  const stat = await readFile('/proc/self/stat', 'utf8');
  expect(stat.slice(stat.lastIndexOf(')')).split(' ')[20]).toBe(String(own.began));
  expect(lifeOf({ ...own, began: own.began - 1 })).toBe('gone');
  const parent = await temporaryFolder();
  const name = nameOf({ began: own.began - 1 });
  await mkdir(join(parent, name));
  await makeOld(join(parent, name), 120);
  expect(await sweepStaging(parent)).toBe(1);
});

test('what belongs to another namespace is not swept for a week, and goes on being signed', async () => {
  const parent = await temporaryFolder();
  const other = nameOf({ space: ELSEWHERE, pid: await deadPid() });
  await mkdir(join(parent, other));
  await makeOld(join(parent, other), 6 * 86_400);
  expect(await sweepStaging(parent)).toBe(0);
  expect(await isStale(other, join(parent, other))).toBe(false);
  await makeOld(join(parent, other), 8 * 86_400);
  const mine = await makeStaging(parent);
  await makeOld(mine, 8 * 86_400);
  expect(await isStale(other, join(parent, other))).toBe(true);
  await signKept();
  // To a process that cannot ask us, our folder looks young.
  const seen = join(parent, nameOf({ space: ELSEWHERE }));
  await mkdir(seen);
  const { mtimeMs } = await import('node:fs/promises').then(({ stat }) => stat(mine));
  expect(Date.now() - mtimeMs).toBeLessThan(86_400_000);
  expect(await sweepStaging(parent)).toBe(1);
  await rm(mine, { recursive: true });
  await signKept();
  expect(await readdir(parent)).not.toContain(mine.split('/').at(-1));
});

test('a ticket of another namespace holds its lock', async () => {
  const folder = await temporaryFolder();
  let lock = '';
  await underLock(folder, 'name', async () => {
    lock = /^lock-[0-9a-f]{16}-/.exec((await readdir(folder))[0] ?? '')?.[0] ?? '';
  });
  const ticket = join(folder, lock + nameOf({ space: ELSEWHERE, pid: await deadPid() }));
  await writeFile(ticket, '');
  await makeOld(ticket, 10);
  await expect(underLock(folder, 'name', () => Promise.resolve(), 50)).rejects.toMatchObject({
    code: 'STORE_NOT_WRITABLE',
  });
  await rm(ticket);
  const dead = join(folder, lock + nameOf({ pid: await deadPid() }));
  await writeFile(dead, '');
  await makeOld(dead, 10);
  expect(await underLock(folder, 'name', () => Promise.resolve('mine'), 5_000)).toBe('mine');
});

test('a run and a sweep of another namespace go on', async () => {
  const store = openFolderStore(await temporaryFolder());
  const away = { ...ownOwner(), space: ELSEWHERE, pid: await deadPid() };
  await beat(store, 'r');
  expect(await isBeating(store, { id: 'r', process: away })).toBe(true);
  expect(await isBeating(store, { id: 'r', process: { ...ownOwner(), pid: away.pid } })).toBe(false);
  await store.put('index/gc.json', JSON.stringify({ time: new Date().toISOString(), ...away }));
  const stop = new AbortController();
  let waits = false;
  await afterSweep(store, stop.signal, () => {
    waits = true;
    stop.abort();
  });
  expect(waits).toBe(true);
});

const HAS_NAMESPACES = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

test.skipIf(!HAS_NAMESPACES)('a process in another PID namespace keeps its folders, whatever its PID', async () => {
  const folder = await temporaryFolder();
  const program = await bundledProgram(
    'namespace',
    `import { makeStaging } from '../../src/store/staging.ts';
     process.stdout.write(await makeStaging(process.argv[2]) + '\\n');
     setInterval(() => {}, 1000);`,
  );
  // In its namespace it gets a PID that no process of ours has.
  const pid = await deadPid();
  const script = `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; "$@" & wait`;
  const child: ChildProcess = spawn(
    'unshare',
    ['--pid', '--fork', '--mount-proc', '--kill-child', 'bash', '-c', script, '-', process.execPath, program, folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout ?? expect.unreachable(), 'data')) as [Buffer];
  const path = said.toString().trim();
  expect(path).toMatch(new RegExp(`-${pid}-[0-9a-f]{12}$`));
  await makeOld(path, 3_600);
  expect(await sweepStaging(folder)).toBe(0);
  expect(await readdir(folder)).toEqual([path.split('/').at(-1)]);
});
