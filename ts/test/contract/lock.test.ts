import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { underLock } from '../../src/store/lock.ts';
import { temporaryFolder } from './temporary.ts';
import { bundledProgram } from './worker-process.ts';

test('one at a time, in no order', async () => {
  const folder = await temporaryFolder();
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 2));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => underLock(folder, 'name', work)));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('another name is another lock, and an error sets it free', async () => {
  const folder = await temporaryFolder();
  const nested = underLock(folder, 'a', () => underLock(folder, 'b', () => Promise.reject(new Error('inside'))));
  await expect(nested).rejects.toThrow('inside');
  expect(await underLock(folder, 'a', () => Promise.resolve(1))).toBe(1);
});

test('a holder that was killed with -9 is waited for a moment only', async () => {
  const folder = await temporaryFolder();
  const program = await bundledProgram(
    'holder',
    `import { underLock } from '../../src/store/lock.ts';
     await underLock(process.argv[2], 'name', () => new Promise(() => process.stdout.write('held')));`,
  );
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  expect(await readdir(folder)).toHaveLength(1);
  await expect(underLock(folder, 'name', () => Promise.resolve(), 100)).rejects.toMatchObject({
    code: 'STORE_NOT_WRITABLE',
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await underLock(folder, 'name', () => Promise.resolve('mine'))).toBe('mine');
  expect(await readdir(folder)).toEqual([]);
});

test('a ticket of another machine counts while it is young', async () => {
  const folder = await temporaryFolder();
  let ticket = '';
  await underLock(folder, 'name', async () => {
    ticket = (await readdir(folder))[0] ?? '';
  });
  const host = hostname().replace(/[^A-Za-z0-9.]/g, '_');
  await writeFile(join(folder, ticket.replace(host, 'elsewhere')), '');
  await expect(underLock(folder, 'name', () => Promise.resolve(), 50)).rejects.toMatchObject({
    code: 'STORE_NOT_WRITABLE',
  });
});
