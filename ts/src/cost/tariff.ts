/** What a task costs by the hour where it runs. Pure. */

import type { Prices } from './prices.ts';
import { exactly, NOTHING, type Range, times } from './range.ts';
import type { ContainerPrice, PriceTable } from './table.ts';

export interface Tariff {
  /** Of one task; GiB are 0 where memory is not paid for. */
  readonly vcpus: number;
  readonly gib: number;
  /** Dollars an hour of one task. */
  readonly hour: Range;
  /** Seconds of an attempt that are paid beside the task's own: image, start, end. */
  readonly overhead: Range;
  /** An attempt is paid for so many seconds at least. */
  readonly minimum: number;
  /** Seconds until the first task of a stage starts, which are waited for and not paid. */
  readonly wait: Range;
  /** How long a task takes there, when it takes a second here. */
  readonly pace: Range;
  readonly spot: boolean;
  /** Tasks that there is room for at once. */
  readonly room: number;
  /** Where the price is from. */
  readonly basis: string;
}

/** Dollars for an attempt of so many seconds. */
export function costOf({ hour, minimum }: Tariff, seconds: number): number {
  return (hour.likely / 3600) * Math.max(seconds, minimum);
}

/** Dollars and paid seconds of an attempt whose own seconds are foretold as if it ran here. */
export function foretoldCost(tariff: Tariff, seconds: Range): { seconds: Range; dollars: Range } {
  const { hour, minimum, overhead, pace } = tariff;
  const own = times(seconds, pace);
  const paid = {
    low: Math.max(minimum, own.low + overhead.low),
    likely: Math.max(minimum, own.likely + overhead.likely),
    high: Math.max(minimum, own.high + overhead.high),
  };
  return { seconds: paid, dollars: times(times(paid, 1 / 3600), hour) };
}

/** A worker of this machine, when it has a price. */
export function hereTariff({ vcpuHour }: Prices, vcpus: number): Tariff | undefined {
  if (vcpuHour === undefined) return undefined;
  return {
    vcpus,
    gib: 0,
    hour: exactly(vcpus * vcpuHour),
    overhead: NOTHING,
    minimum: 0,
    wait: NOTHING,
    pace: exactly(1),
    spot: false,
    room: Number.POSITIVE_INFINITY,
    basis: `$${vcpuHour} a vCPU-hour, as given`,
  };
}

/** What a container is and where it runs. */
export interface Place {
  readonly region: string;
  readonly vcpus: number;
  readonly gib: number;
  readonly spot: boolean;
  readonly room: number;
  readonly arm: boolean;
}

/** Fargate is paid from the pull of the image on, a minute at least. */
const ON_FARGATE = {
  minimum: 60,
  overhead: { low: 5, likely: 25, high: 90 },
  wait: { low: 20, likely: 60, high: 240 },
  // The processor is not known before.
  pace: { low: 0.7, likely: 1.1, high: 2.5 },
};
/** Instances are paid from their start on; their tasks share that, and what stays idle. */
const ON_INSTANCES = {
  minimum: 0,
  overhead: { low: 3, likely: 20, high: 90 },
  wait: { low: 30, likely: 120, high: 420 },
  pace: { low: 0.6, likely: 1, high: 2 },
};

/** A container on Fargate. */
export function fargateTariff(prices: Prices, place: Place): Tariff {
  const { table } = prices;
  const { region, known } = regionOf(table, place.region);
  const { vcpu, gib } = given(prices) ?? (place.arm ? region.arm : region.x86);
  const full = place.vcpus * vcpu + place.gib * gib;
  const share = place.spot && !given(prices) ? table.spot.fargate : exactly(1);
  const address = given(prices) ? 0 : table.address;
  const hour = times(exactly(full), share);
  return {
    ...ON_FARGATE,
    vcpus: place.vcpus,
    gib: place.gib,
    hour: { low: hour.low + address, likely: hour.likely + address, high: hour.high + address },
    spot: place.spot,
    room: place.room,
    basis:
      givenWords(prices) ??
      `Fargate${place.spot ? ` Spot at ${percent(table.spot.fargate)} of its price` : ''} ${tableWords(table, place.region, known)}`,
  };
}

/** A container on instances of some types, of which it pays its share: the larger one of its vCPUs and its memory. */
export function instanceTariff(
  prices: Prices,
  place: Place,
  types: readonly string[],
  /** Dollars an hour of a vCPU by family, where the price history of Spot says so. */
  history?: ReadonlyMap<string, Range>,
): Tariff {
  const { table } = prices;
  const fixed = given(prices);
  const { region, known } = regionOf(table, place.region);
  const families = familiesOf(types, table);
  const hours = families.map((family) => {
    const { vcpu, gib } = table.families[family] as { vcpu: number; gib: number };
    const share = Math.max(place.vcpus, place.gib / gib);
    const price =
      history?.get(family) ?? times(exactly(vcpu * region.instances), place.spot ? table.spot.instances : 1);
    return times(price, share);
  });
  const hour = fixed ? exactly(place.vcpus * fixed.vcpu + place.gib * fixed.gib) : spread(hours);
  const how = !place.spot
    ? 'on demand'
    : history && history.size > 0
      ? 'by the price history of Spot'
      : `Spot at ${percent(table.spot.instances)} of the price`;
  return {
    ...ON_INSTANCES,
    vcpus: place.vcpus,
    gib: place.gib,
    hour,
    spot: place.spot,
    room: place.room,
    basis:
      givenWords(prices) ??
      `instances ${families.join(', ')} ${how}${history && history.size > 0 ? '' : ` ${tableWords(table, place.region, known)}`}`,
  };
}

/** Families of the table that instance types mean; `optimal` and unknown ones mean the usual general purpose. */
export function familiesOf(types: readonly string[], table: PriceTable): string[] {
  const found = types.map((type) => type.split('.')[0] ?? '').filter((family) => family in table.families);
  return found.length > 0 ? [...new Set(found)] : ['c5', 'm5', 'r5'].filter((family) => family in table.families);
}

/** Batch may take any of the families: the cheapest, the middle, the dearest. */
function spread(hours: readonly Range[]): Range {
  const sorted = hours.map(({ likely }) => likely).sort((a, b) => a - b);
  return {
    low: Math.min(...hours.map(({ low }) => low)),
    likely: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    high: Math.max(...hours.map(({ high }) => high)),
  };
}

function regionOf(table: PriceTable, region: string) {
  const found = table.regions[region];
  const fallback = table.regions['us-east-1'] ?? (Object.values(table.regions)[0] as PriceTable['regions'][string]);
  return { region: found ?? fallback, known: found !== undefined };
}

function given({ vcpuHour, gibHour = 0 }: Prices): ContainerPrice | undefined {
  return vcpuHour === undefined ? undefined : { vcpu: vcpuHour, gib: gibHour };
}

function givenWords({ vcpuHour, gibHour }: Prices): string | undefined {
  if (vcpuHour === undefined) return undefined;
  return `$${vcpuHour} a vCPU-hour${gibHour === undefined ? '' : ` and $${gibHour} a GiB-hour`}, as given`;
}

function tableWords({ source, as_of }: PriceTable, region: string, known: boolean): string {
  return `by ${source} of ${as_of} for ${known ? region : `us-east-1 (it has no ${region})`}`;
}

function percent({ low, high }: Range): string {
  return `${Math.round(low * 100)} to ${Math.round(high * 100)} %`;
}
