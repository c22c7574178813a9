import { expect, test } from 'vitest';
import { age, brief, bytes, clip, count, duration, metric, plural, table, width } from '../../src/ui/format.ts';

test.each([
  [0, '0.0 s'],
  [3.14, '3.1 s'],
  [9.97, '10 s'],
  [59.6, '1 min 0 s'],
  [83.4, '1 min 23 s'],
  [3599.7, '1 h 0 min'],
  [7384, '2 h 3 min'],
  [Number.NaN, '?'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [314_572_800, '300 MiB'],
  [6_442_450_944, '6.0 GiB'],
])('%d bytes are %s', (value, text) => {
  expect(bytes(value)).toBe(text);
});

test.each([
  [1.234_567_8, '1.2346'],
  [1.5, '1.5000'],
  [0.012_3, '0.012300'],
  [0, '0'],
  [-0.000_012_34, '-1.234e-5'],
  [123_456.7, '123457'],
  [null, '-'],
  [undefined, '-'],
  [Number.NaN, '-'],
])('the metric %s is shown as %s', (value, text) => {
  expect(metric(value)).toBe(text);
});

test('counts and plurals', () => {
  expect(count(63_666)).toBe('63,666');
  expect(plural(1, 'task')).toBe('1 task');
  expect(plural(0, 'task')).toBe('0 tasks');
});

test('ages', () => {
  const now = new Date('2026-11-24T12:00:00Z');
  expect(age(new Date('2026-11-24T11:59:30Z'), now)).toBe('just now');
  expect(age(new Date('2026-11-24T11:55:00Z'), now)).toBe('5 min ago');
  expect(age(new Date('2026-11-24T11:00:00Z'), now)).toBe('1 hour ago');
  expect(age(new Date('2026-11-21T12:00:00Z'), now)).toBe('3 days ago');
  expect(age(new Date('2026-11-25T12:00:00Z'), now)).toBe('just now');
});

test('a table lines up, also with wide characters', () => {
  const lines = table(
    [{ title: 'name' }, { title: 'n', right: true }],
    [
      ['日本', '7'],
      ['abc', '1,000'],
    ],
  );
  expect(lines).toEqual(['name      n', '日本      7', 'abc   1,000']);
});

test('texts are cut to terminal cells', () => {
  expect(clip('abcdef', 4)).toBe('abc…');
  expect(clip('日本語', 4)).toBe('日…');
  expect(clip('abc', 3)).toBe('abc');
  expect(width('e\u0301')).toBe(1);
});

test('a message is cut to its first lines', () => {
  expect(brief('one\ntwo\n')).toBe('one\ntwo');
  expect(brief('1\n2\n3\n4')).toBe('1\n2\n3 …');
});
