/** A check: it looks at one thing, and says what is wrong and what to do about it. */

import { asNlpflowError } from '../errors.ts';

export interface Finding {
  /** `skipped`: it could not be looked at. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly words: string;
  /** What to do; of everything that is not in order. */
  readonly remedy?: string;
}

export interface Check<Facts> {
  readonly name: string;
  look(facts: Facts): Promise<Finding>;
}

/** What a check found. */
export interface Looked extends Finding {
  readonly check: string;
}

export function ok(words: string): Finding {
  return { status: 'ok', words };
}

export function failed(words: string, remedy: string): Finding {
  return { status: 'failed', words, remedy };
}

export function warning(words: string, remedy: string): Finding {
  return { status: 'warning', words, remedy };
}

export function skipped(words: string): Finding {
  return { status: 'skipped', words };
}

/** Looks at all; an error is what the check found. What is not allowed to be asked was not looked at. */
export async function lookAt<Facts>(checks: readonly Check<Facts>[], facts: Facts): Promise<Looked[]> {
  const found: Looked[] = [];
  for (const { name, look } of checks) {
    const finding = await look(facts).catch((error: unknown): Finding => {
      const { code, message } = asNlpflowError(error);
      if (code === 'AWS_DENIED') return skipped(`not looked at: ${message}`);
      return failed(message, 'the message says what to do');
    });
    found.push({ check: name, ...finding });
  }
  return found;
}
