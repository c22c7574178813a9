/** What a container of a run costs on a queue. */

import type { Prices } from '../../cost/prices.ts';
import type { Range } from '../../cost/range.ts';
import { familiesOf, fargateTariff, instanceTariff, type Tariff } from '../../cost/tariff.ts';
import type { BatchService, Queue } from './service.ts';
import type { BatchSettings } from './settings.ts';
import { type ContainerSize, legalSize } from './sizes.ts';

const GIB = 1024;
/** Sizes of instances whose prices stand for their family. */
const SIZES = { large: 2, xlarge: 4, '2xlarge': 8, '4xlarge': 16 } as const;
/** The history that is looked at. */
const HISTORY_MS = 24 * 3_600_000;
const PAGES = 5;

/** The tariffs of a run's queues; each queue and its prices are looked up once. */
export class QueueTariffs {
  readonly #prices: Prices;
  readonly #settings: BatchSettings;
  readonly #service: BatchService;
  readonly #note: (message: string) => void;
  readonly #known = new Map<string, Promise<(size: ContainerSize) => Tariff>>();

  /** `note` is told what a person should know of the prices. */
  constructor(prices: Prices, settings: BatchSettings, service: BatchService, note: (message: string) => void) {
    this.#prices = prices;
    this.#settings = settings;
    this.#service = service;
    this.#note = note;
  }

  /** The tariff of a task on a queue; `memory` in MiB where it is not that of the settings. */
  async of(name: string, memory?: number): Promise<Tariff> {
    let known = this.#known.get(name);
    if (!known) {
      known = this.#look(name);
      this.#known.set(name, known);
    }
    const { size } = this.#settings;
    return (await known)({ vcpus: size.vcpus, memory: memory ?? size.memory });
  }

  async #look(name: string): Promise<(size: ContainerSize) => Tariff> {
    const queue = await this.#service.queue(name);
    const region = await this.#service.region();
    const resources = queue.environments.map(({ computeResources }) => computeResources);
    const types = resources.flatMap((one) => one?.instanceTypes ?? []);
    const spot = resources[0]?.type === 'SPOT' || resources[0]?.type === 'FARGATE_SPOT';
    const vcpus = resources.reduce((sum, one) => sum + (one?.maxvCpus ?? 0), 0);
    const onInstances = queue.platform === 'EC2';
    const asksHistory = spot && onInstances && this.#prices.vcpuHour === undefined;
    const history = asksHistory ? await this.#history(types) : undefined;
    return (asked) => {
      const size = legalSize(asked, queue.platform);
      const room = Math.max(1, Math.min(Math.floor(vcpus / size.vcpus), this.#settings.maxParallel));
      const place = { region, vcpus: size.vcpus, gib: size.memory / GIB, spot, room, arm: isArm(queue) };
      return onInstances ? instanceTariff(this.#prices, place, types, history) : fargateTariff(this.#prices, place);
    };
  }

  /** Dollars an hour of a vCPU by family in the last day; undefined, and said, where that may not be read. */
  async #history(types: readonly string[]): Promise<Map<string, Range> | undefined> {
    const { spotPrices } = await import('./account.ts');
    const families = familiesOf(types, this.#prices.table);
    const asked = families.flatMap((family) => Object.keys(SIZES).map((size) => `${family}.${size}`));
    const since = new Date(Date.now() - HISTORY_MS);
    const found = await spotPrices(asked, since, PAGES);
    if (found instanceof Error) {
      this.#note(
        `the price history of Spot cannot be read (${found.message}): Spot is reckoned by the table of prices`,
      );
      return undefined;
    }
    const byFamily = new Map<string, number[]>();
    for (const { type, dollars } of found) {
      const [family = '', size = ''] = type.split('.');
      const vcpus = SIZES[size as keyof typeof SIZES];
      if (vcpus !== undefined) byFamily.set(family, [...(byFamily.get(family) ?? []), dollars / vcpus]);
    }
    return new Map([...byFamily].map(([family, prices]) => [family, rangeOf(prices)]));
  }
}

function rangeOf(prices: number[]): Range {
  const sorted = prices.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { low: at(0), likely: at(0.5), high: at(1) };
}

/** Whether a queue's containers run on Graviton: its families end in `g`. Fargate says nothing of it, and takes x86. */
function isArm({ environments }: Queue): boolean {
  const types = environments.flatMap(({ computeResources }) => computeResources?.instanceTypes ?? []);
  return types.length > 0 && types.every((type) => /^[a-z]+\d+g/.test(type));
}
