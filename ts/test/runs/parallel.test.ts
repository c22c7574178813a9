import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel } from '../../src/runs/parallel.ts';
import { Gate } from '../../src/store/gate.ts';

/** Counts what goes on at the same time. */
function counter(): { work: () => Promise<void>; most: () => number } {
  let inside = 0;
  let most = 0;
  return {
    most: () => most,
    work: async () => {
      inside += 1;
      most = Math.max(most, inside);
      await turn();
      inside -= 1;
    },
  };
}

test('never more than the width at once, and the results are in the order of the items', async () => {
  const { work, most } = counter();
  const items = Array.from({ length: 1_000 }, (_, index) => index);
  expect(await inParallel(items, 7, (item) => work().then(() => item * 2))).toEqual(items.map((item) => item * 2));
  expect(most()).toBe(7);
});

test('after an error nothing further is begun, and what was begun has ended', async () => {
  let begun = 0;
  let ended = 0;
  const all = inParallel(
    Array.from({ length: 1_000 }, (_, index) => index),
    4,
    async (index) => {
      begun += 1;
      await turn();
      ended += 1;
      if (index === 5) throw new Error('the sixth');
    },
  );
  await expect(all).rejects.toThrow('the sixth');
  const before = begun;
  for (let round = 0; round < 50; round += 1) await turn();
  expect(begun).toBe(before);
  expect(ended).toBe(begun);
  expect(begun).toBeLessThan(20);
});

test('a gate lets so many through and the others in their order, also past errors', async () => {
  const { work, most } = counter();
  const gate = new Gate(3);
  const order: number[] = [];
  const all = Array.from({ length: 100 }, (_, index) =>
    gate.run(async () => {
      order.push(index);
      await work();
      if (index % 10 === 0) throw new Error('each tenth');
    }),
  );
  expect((await Promise.allSettled(all)).filter(({ status }) => status === 'rejected')).toHaveLength(10);
  expect(most()).toBe(3);
  expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
});
