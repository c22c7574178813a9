/** How long a command goes on without AWS. */

import { expect, test } from 'vitest';
import { NlpflowError } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import { Outage } from '../../src/executors/batch/outage.ts';

const MINUTE = 60_000;

function outage() {
  let now = 0;
  const events: Event[] = [];
  const clock = { now: () => now, sleep: async () => {} };
  const watched = new Outage('20261128-000000-aaaa', clock, (event) => events.push(event));
  const fail = (code = 'AWS_UNREACHABLE') =>
    watched.survives(() => Promise.reject(new NlpflowError(code, 'the network is away')));
  const pass = (minutes: number): void => {
    now += minutes * MINUTE;
  };
  return { watched, events, fail, pass };
}

test('a machine that slept for a night goes on, though calls failed before and fail when it wakes', async () => {
  const { fail, pass, watched, events } = outage();
  expect(await fail()).toBe(false);
  pass(9 * 60);
  expect(await fail()).toBe(false);
  pass(1);
  expect(await fail()).toBe(false);
  expect(await watched.survives(async () => {})).toBe(true);
  expect(events).toEqual([{ event: 'warning', message: 'the network is away; trying again' }]);
});

test('half an hour of failures ends the command and says how to go on', async () => {
  const { fail, pass } = outage();
  for (let minutes = 0; minutes <= 30; minutes += 1) {
    expect(await fail()).toBe(false);
    pass(1);
  }
  await expect(fail()).rejects.toMatchObject({
    code: 'AWS_UNREACHABLE',
    message: expect.stringContaining(
      'the same command, or nlpflow attach 20261128-000000-aaaa, takes them up',
    ) as string,
  });
});

test('what does not pass ends it at once; throttling is not spoken of', async () => {
  const { fail, events } = outage();
  expect(await fail('AWS_THROTTLED')).toBe(false);
  await expect(fail('AWS_DENIED')).rejects.toMatchObject({ code: 'AWS_DENIED' });
  expect(events).toEqual([]);
});
