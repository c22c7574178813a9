/**
 * Mutual exclusion between processes that share a folder, with nothing that a killed process leaves locked.
 *
 * Who wants a name puts a ticket of its own beside those of others and then looks: alone, it has the lock; else it takes the
 * ticket back and tries again. Of two that came at once the later look sees both, so never two have it. Tickets have unique
 * names, so removing that of a dead process can hit no other.
 */

import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NlpflowError } from '../errors.ts';
import { lifeOfName, ownName } from './staging.ts';

/** What is done under a lock takes milliseconds. A ticket of a process that is gone counts no more after this time. */
const DEAD_AFTER_MS = 2_000;
/** A ticket of a process that cannot be asked, or that hangs, counts no more after this time. */
const HUNG_AFTER_MS = 30_000;
/** Who works long under a lock shows this often that it is still there. */
const ALIVE_EVERY_MS = 5_000;
/** Somebody else always had the lock: the folder is on something that does not work. */
const GIVE_UP_MS = 120_000;

/**
 * Does something while no other process does so under the same name; `parent` is an existing folder for tickets.
 * `patience` is for work that takes long, such as a download.
 */
export async function underLock<Value>(
  parent: string,
  name: string,
  work: () => Promise<Value>,
  patience: number = GIVE_UP_MS,
): Promise<Value> {
  const lock = `lock-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
  const ticket = join(parent, `${lock}-${ownName()}`);
  const since = Date.now();
  for (let attempt = 0; ; attempt += 1) {
    if (!(await others(parent, lock, ticket))) {
      await writeFile(ticket, '', { flag: 'wx' });
      const alive = setInterval(() => void utimes(ticket, new Date(), new Date()).catch(() => {}), ALIVE_EVERY_MS);
      try {
        if (!(await others(parent, lock, ticket))) return await work();
      } finally {
        clearInterval(alive);
        await rm(ticket, { force: true });
      }
    }
    if (Date.now() - since > patience) {
      throw new NlpflowError(
        'STORE_NOT_WRITABLE',
        `${name} is being written by other processes without end; files ${join(parent, `${lock}-*`)} say which`,
      );
    }
    await delay(Math.random() * Math.min(4 * 2 ** attempt, 100));
  }
}

/** Whether another ticket counts; those of dead processes are removed. */
async function others(parent: string, lock: string, own: string): Promise<boolean> {
  let found = false;
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!name.startsWith(`${lock}-`) || path === own) continue;
    const written = await stat(path).catch(() => undefined);
    if (written === undefined) continue;
    const age = Date.now() - written.mtimeMs;
    if (age > (lifeOfName(name) === 'gone' ? DEAD_AFTER_MS : HUNG_AFTER_MS)) await rm(path, { force: true });
    else found = true;
  }
  return found;
}
