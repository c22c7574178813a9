/** Bundles and the like: made by the first test file that asks, used by all others of this start of vitest. */

import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';

/** Path of the folder `name`; `make` fills it, in one process at a time and at most once with success. */
export async function shared(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(inject('shared'), name);
  const lock = `${folder}.lock`;
  while (!existsSync(folder)) {
    if (!(await taken(lock))) {
      await delay(20);
      continue;
    }
    try {
      if (!existsSync(folder)) await made(folder, make);
    } finally {
      await rmdir(lock);
    }
  }
  return folder;
}

async function taken(lock: string): Promise<boolean> {
  return mkdir(lock).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return false;
    },
  );
}

/** It is there as a whole or not at all. */
async function made(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
  const aside = `${folder}.aside`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside);
  await make(aside);
  await rename(aside, folder);
}
