/** Prices and what follows from them, by hand. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPrices, TABLE_PRICES } from '../../src/cost/prices.ts';
import { PRICES } from '../../src/cost/table.ts';
import { costOf, fargateTariff, foretoldCost, hereTariff, instanceTariff, type Place } from '../../src/cost/tariff.ts';
import { folderWith } from '../cli/run-cli.ts';

const PLACE: Place = { region: 'us-east-1', vcpus: 1, gib: 4, spot: false, room: 10, arm: false };

test('a container on Fargate costs its vCPUs, its memory and its address, for a minute at least', () => {
  const tariff = fargateTariff(TABLE_PRICES, PLACE);
  expect(tariff.hour.likely).toBeCloseTo(0.04048 + 4 * 0.004445 + 0.005, 9);
  expect(tariff.hour.low).toBe(tariff.hour.high);
  expect(costOf(tariff, 3600)).toBeCloseTo(0.06326, 9);
  expect(costOf(tariff, 1)).toBeCloseTo(0.06326 / 60, 9);
  expect(tariff.basis).toContain('of 2026-03-01 for us-east-1');
  const arm = fargateTariff(TABLE_PRICES, { ...PLACE, arm: true });
  expect(arm.hour.likely).toBeCloseTo(0.03238 + 4 * 0.00356 + 0.005, 9);
  const spot = fargateTariff(TABLE_PRICES, { ...PLACE, spot: true });
  expect(spot.hour.low).toBeCloseTo((0.04048 + 4 * 0.004445) * 0.3 + 0.005, 9);
  expect(spot.hour.high).toBeLessThan(tariff.hour.low);
});

test('a container on instances pays the larger share of vCPUs and memory, and a region that is not in the table says so', () => {
  // Of a c6i a task of 1 vCPU and 4 GiB keeps two vCPUs busy, of an m6i one, of an r6i one.
  const tariff = instanceTariff(TABLE_PRICES, { ...PLACE, region: 'mars-1' }, ['c6i.large', 'm6i', 'r6i.2xlarge']);
  expect(tariff.hour).toEqual({ low: 0.048, likely: 0.063, high: 0.085 });
  expect(tariff.basis).toContain('us-east-1 (it has no mars-1)');
  const eu = instanceTariff(TABLE_PRICES, { ...PLACE, region: 'eu-central-1' }, ['m5']);
  expect(eu.hour.likely).toBeCloseTo(0.048 * 1.198, 9);
  expect(instanceTariff(TABLE_PRICES, PLACE, ['optimal']).basis).toContain('c5, m5, r5');
});

test('the price history of Spot takes the place of the share', () => {
  const history = new Map([['m6i', { low: 0.01, likely: 0.02, high: 0.03 }]]);
  const tariff = instanceTariff(TABLE_PRICES, { ...PLACE, spot: true, vcpus: 2 }, ['m6i'], history);
  expect(tariff.hour).toEqual({ low: 0.02, likely: 0.04, high: 0.06 });
  expect(tariff.basis).toBe('instances m6i by the price history of Spot');
});

test('what is foretold of a short task is its minimum, of a long one its time and what is around it', () => {
  const tariff = fargateTariff(TABLE_PRICES, PLACE);
  const short = foretoldCost(tariff, { low: 1, likely: 1, high: 1 });
  expect(short.seconds).toEqual({ low: 60, likely: 60, high: 92.5 });
  const { seconds, dollars } = foretoldCost(tariff, { low: 1000, likely: 1000, high: 1000 });
  expect(seconds.likely).toBeCloseTo(1000 * 1.1 + 25, 6);
  expect(dollars.likely).toBeCloseTo((seconds.likely / 3600) * 0.06326, 9);
});

test('a price of the user holds everywhere, and gives this machine one', async () => {
  const prices = await readPrices({ 'price-vcpu-hour': 0.1, 'price-gb-hour': 0.01 }, '.');
  expect(fargateTariff(prices, { ...PLACE, spot: true }).hour.likely).toBeCloseTo(0.14, 9);
  expect(instanceTariff(prices, { ...PLACE, spot: true }, ['m6i']).hour.high).toBeCloseTo(0.14, 9);
  expect(hereTariff(prices, 2)?.hour.likely).toBeCloseTo(0.2, 9);
  expect(hereTariff(TABLE_PRICES, 2)).toBeUndefined();
});

test('a file replaces what it names, and only that', async () => {
  const text =
    'as_of: 2027-01-01\nregions: { us-east-1: { x86: { vcpu: 1, gib: 0 }, arm: { vcpu: 1, gib: 0 }, instances: 1 } }\naddress: 0\n';
  const cwd = await folderWith({ 'prices.yaml': text });
  const prices = await readPrices({ prices: 'prices.yaml' }, cwd);
  expect(fargateTariff(prices, PLACE).hour.likely).toBe(1);
  expect(fargateTariff(prices, PLACE).basis).toContain('by prices.yaml of 2027-01-01');
  expect(prices.table.families).toEqual(PRICES.families);
});

test.each([
  ['address: -1\n', 'address: Too small'],
  ['adress: 1\n', 'Unrecognized key'],
  ['families: [1\n', 'is neither YAML nor JSON'],
])('a file with %j is refused', async (text, why) => {
  const cwd = await folderWith({ 'prices.yaml': text });
  const read = readPrices({ prices: join(cwd, 'prices.yaml') }, cwd);
  await expect(read).rejects.toMatchObject({ code: 'PRICES_INVALID', message: expect.stringContaining(why) as string });
});

test('every family and region of the table is priced within what AWS asks for its kind', () => {
  for (const { vcpu, gib } of Object.values(PRICES.families)) {
    // Dollars an hour of a vCPU: twenty to eighty thousandths, more with more memory.
    expect(vcpu / (0.025 + gib * 0.005)).toBeGreaterThan(0.7);
    expect(vcpu / (0.025 + gib * 0.005)).toBeLessThan(1.5);
  }
  for (const { x86, arm, instances } of Object.values(PRICES.regions)) {
    expect(arm.vcpu / x86.vcpu).toBeCloseTo(0.8, 2);
    expect(arm.gib / x86.gib).toBeCloseTo(0.8, 2);
    expect(instances).toBeGreaterThanOrEqual(1);
  }
});
