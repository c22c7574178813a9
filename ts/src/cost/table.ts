/**
 * Prices in US dollars, as they were on a day: AWS changes them without asking this file, and an account may have others
 * (savings plans, discounts). `--prices FILE` and `--price-vcpu-hour` replace what is wrong.
 *
 * Sources: the public price pages aws.amazon.com/fargate/pricing and aws.amazon.com/ec2/pricing/on-demand, Linux, without tax.
 * Written down from memory of them: of these numbers only those of Fargate in us-east-1 were compared with what others
 * published in March 2026, and agreed. Instances outside of us-east-1 are priced by one factor a region, that of the
 * family m5; other families differ from it by a few per cent. Shares of Spot are what AWS and its users commonly
 * report; the price history (ec2:DescribeSpotPriceHistory) replaces them for instances where it may be read.
 */

import type { Range } from './range.ts';

/** Dollars an hour for a vCPU and for a GiB. */
export interface ContainerPrice {
  readonly vcpu: number;
  readonly gib: number;
}

export interface PriceTable {
  /** The day that the prices are of. */
  readonly as_of: string;
  readonly source: string;
  /** By region; `instances` is the factor on the prices of instances. */
  readonly regions: Readonly<
    Record<string, { readonly x86: ContainerPrice; readonly arm: ContainerPrice; readonly instances: number }>
  >;
  /** By family: dollars an hour of a vCPU on demand in us-east-1, and GiB that come with it. */
  readonly families: Readonly<Record<string, { readonly vcpu: number; readonly gib: number }>>;
  /** What Spot costs, as a share of the price on demand. */
  readonly spot: { readonly fargate: Range; readonly instances: Range };
  /** Dollars an hour of a public address, which tasks on Fargate have. */
  readonly address: number;
}

const USUAL = { x86: { vcpu: 0.04048, gib: 0.004445 }, arm: { vcpu: 0.03238, gib: 0.00356 } };
const ASIA = { x86: { vcpu: 0.05056, gib: 0.00553 }, arm: { vcpu: 0.04045, gib: 0.00442 } };

export const PRICES: PriceTable = {
  as_of: '2026-03-01',
  source: 'the built-in table',
  regions: {
    'us-east-1': { ...USUAL, instances: 1 },
    'us-east-2': { ...USUAL, instances: 1 },
    'us-west-2': { ...USUAL, instances: 1 },
    'eu-west-1': { ...USUAL, instances: 1.115 },
    'eu-central-1': { x86: { vcpu: 0.04656, gib: 0.00511 }, arm: { vcpu: 0.03725, gib: 0.00409 }, instances: 1.198 },
    'ap-southeast-1': { ...ASIA, instances: 1.25 },
    'ap-northeast-1': { ...ASIA, instances: 1.292 },
  },
  families: {
    c5: { vcpu: 0.0425, gib: 2 },
    c5a: { vcpu: 0.0385, gib: 2 },
    c6a: { vcpu: 0.03825, gib: 2 },
    c6g: { vcpu: 0.034, gib: 2 },
    c6i: { vcpu: 0.0425, gib: 2 },
    c7a: { vcpu: 0.05132, gib: 2 },
    c7g: { vcpu: 0.03625, gib: 2 },
    c7i: { vcpu: 0.04463, gib: 2 },
    m5: { vcpu: 0.048, gib: 4 },
    m5a: { vcpu: 0.043, gib: 4 },
    m6a: { vcpu: 0.0432, gib: 4 },
    m6g: { vcpu: 0.0385, gib: 4 },
    m6i: { vcpu: 0.048, gib: 4 },
    m7a: { vcpu: 0.05796, gib: 4 },
    m7g: { vcpu: 0.0408, gib: 4 },
    m7i: { vcpu: 0.0504, gib: 4 },
    r5: { vcpu: 0.063, gib: 8 },
    r5a: { vcpu: 0.0565, gib: 8 },
    r6a: { vcpu: 0.0567, gib: 8 },
    r6g: { vcpu: 0.0504, gib: 8 },
    r6i: { vcpu: 0.063, gib: 8 },
    r7a: { vcpu: 0.07608, gib: 8 },
    r7g: { vcpu: 0.05355, gib: 8 },
    r7i: { vcpu: 0.06615, gib: 8 },
  },
  spot: {
    fargate: { low: 0.3, likely: 0.35, high: 0.6 },
    instances: { low: 0.2, likely: 0.4, high: 0.75 },
  },
  address: 0.005,
};
