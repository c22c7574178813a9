import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { availableMemory, bytesInWords, capacity, parseBytes, tooLarge } from '../../src/executors/capacity.ts';

const GIB = 1024 ** 3;

describe('capacity', () => {
  test.each([
    [
      'one a core',
      { asked: 'auto', cores: 4, tasks: 40, largest: GIB, available: 100 * GIB },
      4,
      '4 workers: one a core',
    ],
    ['as asked', { asked: 2, cores: 4, tasks: 40, largest: GIB, available: 100 * GIB }, 2, '2 workers: as asked'],
    [
      'what is left',
      { asked: 'auto', cores: 4, tasks: 1, largest: GIB, available: 100 * GIB },
      1,
      '1 worker: 1 left to do',
    ],
    [
      'memory',
      { asked: 'auto', cores: 4, tasks: 40, largest: 3 * GIB, available: 10 * GIB },
      2,
      '2 workers, not 4: memory',
    ],
    [
      'memory before what was asked',
      { asked: 8, cores: 4, tasks: 40, largest: 3 * GIB, available: 10 * GIB },
      2,
      '2 workers, not 8',
    ],
  ] as const)('%s', (_, of, workers, reason) => {
    const plan = capacity(of);
    expect(plan.workers).toBe(workers);
    expect(plan.reason).toContain(reason);
  });

  test('boosters together stay below the usable memory whenever one of them fits', () => {
    const bytes = fc.integer({ min: 1, max: 2 ** 40 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 99 }),
        bytes,
        bytes,
        (cores, tasks, largest, available) => {
          const { workers, usable } = capacity({ asked: 'auto', cores, tasks, largest, available });
          expect(workers).toBeGreaterThanOrEqual(1);
          expect(workers).toBeLessThanOrEqual(Math.min(cores, tasks));
          if (largest <= usable) expect(workers * largest).toBeLessThanOrEqual(available);
        },
      ),
    );
  });

  test('what does not fit alone is refused with the numbers', () => {
    const error = tooLarge(20 * GIB, 8 * GIB);
    expect(error).toMatchObject({ code: 'MEMORY_TOO_SMALL', exitCode: 5 });
    expect(error.message).toContain('20.0 GiB of memory and 8.0 GiB may be used');
  });
});

describe('memory', () => {
  test.each([
    ['4GiB', 4 * GIB],
    ['512M', 512 * 1024 ** 2],
    ['1.5 gib', 1.5 * GIB],
    ['1000', 1000],
    ['64 kB', 65_536],
  ])('%s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(['', 'much', '-1GiB', '0', '4 PiB', 'NaN'])('refuses %j', (text) => {
    expect(() => parseBytes(text)).toThrow('is no amount of memory');
  });

  test('NLPFLOW_MEMORY decides, else something sensible is found', () => {
    expect(availableMemory({ NLPFLOW_MEMORY: '2GiB' })).toBe(2 * GIB);
    const found = availableMemory({});
    expect(found).toBeGreaterThan(1024 ** 2);
  });

  test.each([
    [1000, '1000 bytes'],
    [1536, '1.5 KiB'],
    [3.2 * GIB, '3.2 GiB'],
  ])('%d in words', (bytes, words) => {
    expect(bytesInWords(bytes)).toBe(words);
  });
});
