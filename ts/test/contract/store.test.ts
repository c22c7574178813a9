import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFolderStore } from '../../src/store/folder.ts';
import { openStore } from '../../src/store/open.ts';
import { storeProblem } from '../../src/store/problems.ts';
import { sweepStaging } from '../../src/store/staging.ts';
import { storeContract } from './store.suite.ts';
import { temporaryFolder } from './temporary.ts';

storeContract('folder', async () => {
  const path = await temporaryFolder();
  return { store: openFolderStore(path), again: () => openFolderStore(path) };
});

const KEY = 'b'.repeat(32);

test('a result that lost bytes of a file counts as absent and is made again', async () => {
  const store = openFolderStore(await temporaryFolder());
  for (const damage of [true, false]) {
    const staging = await store.begin('boost', KEY);
    await writeFile(join(staging.path, 'metrics.json'), '[1, 2, 3]');
    await staging.commit({ stage: 'boost', key: KEY, explain: {}, summary: null });
    expect(await store.has('boost', KEY)).toBe(true);
    if (!damage) break;
    await truncate(join(await store.folder('boost', KEY), 'metrics.json'), 2);
    expect(await store.has('boost', KEY)).toBe(false);
  }
  expect(await readFile(join(await store.folder('boost', KEY), 'metrics.json'), 'utf8')).toBe('[1, 2, 3]');
});

test('a result of a newer nlpflow is refused with a way out', async () => {
  const path = await temporaryFolder();
  await mkdir(join(path, 'stages', 'boost', KEY), { recursive: true });
  await writeFile(join(path, 'stages', 'boost', KEY, 'stage.json'), JSON.stringify({ format: 99, files: {} }));
  await expect(openFolderStore(path).has('boost', KEY)).rejects.toMatchObject({
    code: 'STORE_FORMAT_NEWER',
    message: expect.stringContaining('update nlpflow') as string,
  });
});

test('temporary folders of dead processes are swept after a minute, those of living ones never', async () => {
  const parent = join(await temporaryFolder(), 'tmp');
  const host = hostname().replace(/[^A-Za-z0-9.]/g, '_');
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const names = {
    dead: `${host}-${child.pid}-0123456789ab`,
    ticket: `lock-0123456789abcdef-${host}-${child.pid}-0123456789ab`,
    alive: `${host}-${process.pid}-0123456789ab`,
    foreign: 'elsewhere-1-0123456789ab',
  };
  for (const name of Object.values(names)) await mkdir(join(parent, name), { recursive: true });
  expect(await sweepStaging(parent)).toBe(0);
  const twoMinutesAgo = new Date(Date.now() - 120_000);
  for (const name of Object.values(names)) await utimes(join(parent, name), twoMinutesAgo, twoMinutesAgo);
  expect(await sweepStaging(parent)).toBe(2);
  expect((await readdir(parent)).sort()).toEqual([names.alive, names.foreign].sort());
});

test('no temporary folder is left after writes', async () => {
  const path = await temporaryFolder();
  const store = openFolderStore(path);
  await store.putRun('r', 'run.json', '{}');
  const staging = await store.begin('boost', KEY);
  await staging.commit({ stage: 'boost', key: KEY, explain: {}, summary: null });
  expect(await readdir(join(path, 'tmp'))).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)('a folder without write permission (not as root)', async () => {
  const path = await temporaryFolder();
  await chmod(path, 0o500);
  await expect(openFolderStore(path).putRun('r', 'run.json', '{}')).rejects.toMatchObject({
    code: 'STORE_NOT_WRITABLE',
  });
});

test('objects are written while others remove the last ones of their folders', async () => {
  const store = openFolderStore(join(await temporaryFolder(), 'store'));
  const writer = async (number: number): Promise<void> => {
    for (let round = 0; round < 150; round += 1) {
      const path = `checkpoints/a/b/c/${number}`;
      await store.put(path, String(round));
      await store.delete(path);
    }
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map(writer));
  expect(await store.get('checkpoints/a/b/c/1')).toBeNull();
});

test('a store below a file cannot be written', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  const store = openFolderStore(join(file, 'store'));
  expect(await store.has('boost', KEY)).toBe(false);
  await expect(store.begin('boost', KEY)).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE', exitCode: 4 });
});

test.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('%s says that the disk is full', (code) => {
  expect(storeProblem(Object.assign(new Error(code), { code }), '/store')).toMatchObject({
    code: 'DISK_FULL',
    exitCode: 4,
    message: expect.stringContaining('make room') as string,
  });
});

test('a disk that is full is named, and nothing is left of the attempt', async (context) => {
  const path = await temporaryFolder();
  try {
    system('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path);
  } catch {
    context.skip('no small file system can be mounted here');
  }
  try {
    const store = openFolderStore(path);
    await store.putRun('r', 'small.json', '{}');
    await expect(store.putRun('r', 'large.bin', new Uint8Array(1_000_000))).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('make room') as string,
    });
    expect(await store.getRun('r', 'large.bin')).toBeNull();
    expect(await readdir(join(path, 'tmp'))).toEqual([]);
    await store.putRun('r', 'other.json', '{}');
  } finally {
    system('umount', path);
  }
});

test('a URL of an unknown kind is refused', async () => {
  await expect(openStore('s4://bucket/prefix')).rejects.toThrow('give a folder');
});

/** Runs a program of the system. */
function system(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'ignore' });
}
