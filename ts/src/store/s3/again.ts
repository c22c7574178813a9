/** Trying again where the SDK does not: bodies that end early or arrive changed. */

import { setTimeout as delay } from 'node:timers/promises';
import { says, TransferProblem } from './problems.ts';

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** What S3 answers to a body that changed on its way to it, or to a write that met another one. */
const PASSING = [
  'BadDigest',
  'InvalidDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'IncompleteBody',
  'RequestTimeout',
  'ConditionalRequestConflict',
] as const;

/** Does something until it succeeds, with growing random pauses; errors that will not pass are thrown at once. */
export async function again<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof TransferProblem || says(error, ...PASSING))) throw error;
      await delay(Math.random() * Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS));
    }
  }
}
