/** Trying again where the SDK does not: bodies that end early or arrive changed. */

import { setTimeout as delay } from 'node:timers/promises';
import { NlpflowError } from '../../errors.ts';
import { CHANGED_ON_THE_WAY, says, TransferProblem } from './problems.ts';

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * What may be otherwise the next time: a body that changed on its way, a write that met another one. A server that keeps objects
 * as files says `ExistingObjectIsDirectory` when the folder that it is about to write to was removed with its last object.
 */
const PASSING = [...CHANGED_ON_THE_WAY, 'ConditionalRequestConflict', 'OperationAborted', 'ExistingObjectIsDirectory'];

/** Does something until it succeeds, with growing random pauses; errors that will not pass are thrown at once. */
export async function again<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      // An error of ours has been tried again already.
      const mayPass = error instanceof TransferProblem || (!(error instanceof NlpflowError) && says(error, ...PASSING));
      if (attempt === ATTEMPTS || !mayPass) throw error;
      await delay(Math.random() * Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS));
    }
  }
}
