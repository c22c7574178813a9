import { expect, test } from 'vitest';
import { SENT } from '../../src/events.ts';
import { Progress, rate, settled, share, timeLeft } from '../../src/ui/progress.ts';
import { ENDING, EVENTS } from './events.fixture.ts';

function after(seconds: number): Progress {
  const progress = new Progress();
  for (const [at, event] of [...EVENTS, ...ENDING].filter(([time]) => time <= seconds)) {
    progress.take(event, at * 1000);
  }
  return progress;
}

test('counts follow the events', () => {
  const stage = after(24).stage('boost');
  expect(stage).toMatchObject({ total: 4, reused: 1, done: 1, failed: 1, state: 'running' });
  expect(settled(stage)).toBe(3);
  expect(stage.running.size).toBe(0);
  expect(after(31).stage('boost')).toMatchObject({ done: 2, state: 'finished', seconds: 27 });
});

test('running tasks count by their own progress', () => {
  // One of four reused, half of a second and a fifth of a third one done.
  expect(share(after(16).stage('boost'))).toBeCloseTo((1 + 0.5 + 0.2) / 4, 12);
});

test('the pace is measured from the start of the stage', () => {
  // 250 + 100 rounds in 13 seconds.
  const stage = after(16).stage('boost');
  expect(rate(stage, 16_000)).toEqual({ perSecond: 350 / 13, unit: 'rounds' });
  // 0.7 of 3 tasks took 13 seconds.
  expect(timeLeft(stage, 16_000)).toBeCloseTo(((3 - 0.7) / 0.7) * 13, 9);
});

test('nothing is promised before there is a measurement', () => {
  const stage = after(3).stage('boost');
  expect(rate(stage, 3500)).toBeUndefined();
  expect(timeLeft(stage, 3500)).toBeUndefined();
});

test('a result on its way to the store is no work of the stage', () => {
  const progress = after(16);
  const stage = progress.stage('boost');
  const before = { rate: rate(stage, 16_000), left: timeLeft(stage, 16_000) };
  const [task = ''] = stage.running.keys();
  progress.take({ event: 'task.progress', stage: 'boost', task, done: 5, total: 10, unit: SENT }, 16_000);
  expect({ rate: rate(stage, 16_000), left: timeLeft(stage, 16_000) }).toEqual(before);
  expect(stage.running.get(task)?.sent).toEqual({ done: 5, total: 10 });
});
