/**
 * Which process something belongs to, and whether that process still lives.
 *
 * Host name and PID alone do not say: containers may share the host's name and have PIDs of their own, machines may have one
 * name, and PIDs are given again. So an owner also names its space, which stands for a boot of a kernel and a PID namespace in
 * it, and when the process began. Only a process of our own space can be asked whether it lives.
 */

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from './problems.ts';

/** The process that something belongs to. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** Where its PID means something; absent in what an older nlpflow wrote. */
  readonly space?: string | undefined;
  /** When it began, in the kernel's ticks; 0 where that cannot be told. */
  readonly began?: number | undefined;
}

/** This process: all of it is known. */
export interface OwnOwner extends Owner {
  readonly space: string;
  readonly began: number;
}

/** What is known of an owner: of a process in another space or on another host nothing. */
export type Life = 'alive' | 'gone' | 'unknown';

let own: OwnOwner | undefined;

/** This process. */
export function ownOwner(): OwnOwner {
  own ??= { host: hostname(), pid: process.pid, space: spaceOf(), began: beganAt(process.pid) };
  return own;
}

/** Whether a process is there. One that an older nlpflow wrote down is believed to be of our space when the host is ours. */
export function lifeOf({ host, pid, space, began }: Owner): Life {
  const here = ownOwner();
  if (host !== here.host || (space !== undefined && space !== here.space)) return 'unknown';
  if (!isAlive(pid)) return 'gone';
  // Another process may have its PID by now.
  const since = began ? beganAt(pid) : 0;
  return since === 0 || since === began ? 'alive' : 'gone';
}

/** Whether this host has a process with this PID in our namespace. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** Eight digits that stand for the boot and the PID namespace; on systems without namespaces the same for all processes. */
function spaceOf(): string {
  const parts = [
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    attempt(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 8);
}

/** When a process began, in ticks since the boot; 0 where the system does not say, or shows the processes of another namespace. */
function beganAt(pid: number): number {
  const isOurs = attempt(() => readlinkSync('/proc/self')) === String(process.pid);
  const text = isOurs ? attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')) : '';
  // The name of the program stands in parentheses and may hold anything; the 22nd field is the 20th after it.
  const ticks = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
  return Number.isSafeInteger(ticks) && ticks > 0 ? ticks : 0;
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
