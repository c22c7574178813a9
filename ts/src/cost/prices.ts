/** The prices that a run is reckoned with: the built-in table, a file of the user's, or a price that the user names. */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { NlpflowError } from '../errors.ts';
import { PRICES, type PriceTable } from './table.ts';

export interface Prices {
  readonly table: PriceTable;
  /** Dollars an hour of a vCPU, whatever it runs on. */
  readonly vcpuHour?: number;
  /** The same of a GiB; with `vcpuHour` alone memory costs nothing. */
  readonly gibHour?: number;
}

/** Prices without anything that a user said. */
export const TABLE_PRICES: Prices = { table: PRICES };

/** The options that `readPrices` reads. */
export interface PriceArguments {
  readonly 'price-vcpu-hour'?: number | undefined;
  readonly 'price-gb-hour'?: number | undefined;
  readonly prices?: string | undefined;
  readonly 'max-cost'?: number | undefined;
}

const price = z.number().nonnegative();
const container = z.object({ vcpu: price, gib: price });
const share = z.object({ low: price, likely: price, high: price });
/** A prices file: the table's own form, any part of it. */
const fileSchema = z.strictObject({
  as_of: z.coerce.string().optional(),
  regions: z.record(z.string(), z.strictObject({ x86: container, arm: container, instances: price })).optional(),
  families: z.record(z.string(), z.strictObject({ vcpu: price, gib: z.number().positive() })).optional(),
  spot: z.strictObject({ fargate: share.optional(), instances: share.optional() }).optional(),
  address: price.optional(),
});

/** The prices that the options mean. Throws `USAGE` for numbers out of range and `PRICES_INVALID` for the file. */
export async function readPrices(args: PriceArguments, cwd: string): Promise<Prices> {
  const vcpuHour = dollars(args['price-vcpu-hour'], '--price-vcpu-hour');
  const gibHour = dollars(args['price-gb-hour'], '--price-gb-hour');
  if (gibHour !== undefined && vcpuHour === undefined) {
    throw new NlpflowError('USAGE', '--price-gb-hour goes with --price-vcpu-hour: give both, or a file with --prices');
  }
  return {
    table: args.prices ? await readTable(args.prices, cwd) : PRICES,
    ...(vcpuHour === undefined ? {} : { vcpuHour }),
    ...(gibHour === undefined ? {} : { gibHour }),
  };
}

/** The dollars that a run may cost; undefined without a limit. */
export function readLimit({ 'max-cost': limit }: PriceArguments): number | undefined {
  if (limit !== undefined && !(limit > 0)) {
    throw new NlpflowError('USAGE', `--max-cost must be above 0 dollars, not ${limit}`);
  }
  return limit;
}

async function readTable(given: string, cwd: string): Promise<PriceTable> {
  const invalid = (why: string, cause?: unknown): NlpflowError =>
    new NlpflowError('PRICES_INVALID', `${given}: ${why}; docs/batch.md shows a prices file`, { cause });
  const text = await readFile(resolve(cwd, given), 'utf8').catch((cause: unknown) => {
    throw invalid(`cannot be read (${(cause as Error).message})`, cause);
  });
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw invalid('is neither YAML nor JSON', cause);
  }
  const checked = fileSchema.safeParse(content);
  if (!checked.success) {
    const [problem] = checked.error.issues;
    throw invalid(`${problem?.path.join('.') || 'it'}: ${problem?.message}`);
  }
  const { regions, families, spot, address, as_of } = checked.data;
  return {
    as_of: as_of ?? PRICES.as_of,
    source: given,
    regions: { ...PRICES.regions, ...regions },
    families: { ...PRICES.families, ...families },
    spot: { fargate: spot?.fargate ?? PRICES.spot.fargate, instances: spot?.instances ?? PRICES.spot.instances },
    address: address ?? PRICES.address,
  };
}

function dollars(value: number | undefined, flag: string): number | undefined {
  if (value !== undefined && !(value >= 0)) {
    throw new NlpflowError('USAGE', `${flag} must be at least 0 dollars, not ${value}`);
  }
  return value;
}
