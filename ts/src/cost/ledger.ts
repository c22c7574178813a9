/**
 * What the attempts of tasks cost so far. Each counts once: by its bill where there is one, else by what was told of its end, and
 * until now while it runs.
 */

import type { SeenAttempt } from '../executors/executor.ts';
import { type Attempted, type Bill, matchBills } from './bill.ts';
import { costOf, type Tariff } from './tariff.ts';

/** Milliseconds between two signs of life at most: clocks that differ by more are wrong. */
const SILENCE = 120_000;

/** An attempt that has ended, with what it cost by its own times. */
export type Spent = Attempted & { readonly cost: number };

/** An attempt that runs, or is thought to. */
interface Running {
  readonly attempt: SeenAttempt;
  readonly tariff: Tariff;
  /** By this machine's clock: when it began, and its last sign. */
  readonly since: number;
  readonly sign: number;
}

/** What is known of a task. */
interface Account {
  readonly told: Map<string, Spent>;
  readonly bills: Bill[];
  running?: Running | undefined;
  /** Dollars of the attempts that have ended. */
  ended: number;
}

export class Ledger {
  readonly #accounts = new Map<string, Account>();

  /** `earlier`: attempts of which an earlier process of the run was told. */
  constructor(earlier: readonly Spent[] = []) {
    for (const attempt of earlier) this.told(attempt);
  }

  /** Dollars so far, attempts that run included. */
  get dollars(): number {
    const now = Date.now();
    let dollars = 0;
    for (const { ended, running } of this.#accounts.values()) {
      dollars += ended + (running ? costUntil(now, running) : 0);
    }
    return dollars;
  }

  /** Takes a sign of an attempt that runs. Of a task one runs at a time: another one has ended, with its last sign. */
  seen(attempt: SeenAttempt, tariff: Tariff): void {
    const account = this.#of(attempt.task);
    if (attempt.isOver) {
      this.#lost(account, attempt, tariff);
      return;
    }
    const { running } = account;
    const now = Date.now();
    // What it says of its length is right, if old; its clock may be wrong.
    const latest = now - attempt.seconds * 1000;
    const since = Math.max(latest - SILENCE, Math.min(latest, Date.parse(attempt.started)));
    const isKnown = running !== undefined && isSame(running.attempt, attempt);
    if (running && !isKnown) this.#close(account, running.sign);
    account.running = { attempt, tariff, since: isKnown ? Math.min(running.since, since) : since, sign: now };
    reckon(account);
  }

  /** Takes the last word on an attempt; said again it counts once. */
  told(attempt: Spent): void {
    const account = this.#of(attempt.task);
    account.told.set(idOf(attempt), attempt);
    if (account.running && isSame(account.running.attempt, attempt)) account.running = undefined;
    reckon(account);
  }

  /** Takes what an attempt was billed. */
  billed(bill: Bill): void {
    const account = this.#of(bill.task);
    account.bills.push(bill);
    reckon(account);
  }

  /** A task is over: what ran of it without a last word cost until its last sign. */
  over(task: string): void {
    const account = this.#of(task);
    if (account.running) this.#close(account, account.running.sign);
  }

  /** All tasks were stopped: what ran without a last word cost until now. */
  stopped(): void {
    for (const account of this.#accounts.values()) if (account.running) this.#close(account, Date.now());
  }

  /** An attempt is over that left no word, or one that is known. */
  #lost(account: Account, attempt: SeenAttempt, tariff: Tariff): void {
    if (account.told.has(idOf(attempt))) return;
    const ended = new Date(Date.parse(attempt.started) + attempt.seconds * 1000).toISOString();
    this.told({ ...attempt, ended, cost: costOf(tariff, attempt.seconds) });
  }

  #close(account: Account, at: number): void {
    const { running } = account;
    if (!running) return;
    const { attempt } = running;
    const ended = new Date(Date.parse(attempt.started) + at - running.since).toISOString();
    account.running = undefined;
    this.told({ ...attempt, ended, cost: costUntil(at, running) });
  }

  #of(task: string): Account {
    let account = this.#accounts.get(task);
    if (!account) {
      account = { told: new Map(), bills: [], ended: 0 };
      this.#accounts.set(task, account);
    }
    return account;
  }
}

/** Adds up what has ended. An attempt that is thought to run and has a bill has ended, too: its last word was not read yet. */
function reckon(account: Account): void {
  const { told, bills, running } = account;
  const ended = [...told.values()];
  const open = running && { ...running.attempt, ended: new Date(timeOf(running)).toISOString() };
  const matched = bills.length === 0 ? undefined : matchBills<Attempted, Bill>(open ? [...ended, open] : ended, bills);
  if (open && matched?.has(open)) account.running = undefined;
  account.ended = 0;
  for (const { cost } of bills) account.ended += cost;
  for (const attempt of ended) if (!matched?.has(attempt)) account.ended += attempt.cost;
}

/** The time on its host's clock at which an attempt gave its last sign. */
function timeOf({ attempt, since, sign }: Running): number {
  return Date.parse(attempt.started) + sign - since;
}

function costUntil(time: number, { since, tariff }: Running): number {
  return costOf(tariff, (time - since) / 1000);
}

function isSame(one: SeenAttempt, other: Pick<Attempted, 'attempt' | 'job' | 'started'>): boolean {
  if (one.job !== undefined && other.job !== undefined) return idOf(one) === idOf(other);
  return one.attempt === other.attempt && one.started === other.started;
}

/** Which attempt of its task it is. */
function idOf({ attempt, job, started }: Pick<Attempted, 'attempt' | 'job' | 'started'>): string {
  return `${attempt} ${job ?? started}`;
}
