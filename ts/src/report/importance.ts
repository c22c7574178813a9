/** Which tokens the model uses, from its trees. */

import type { Gain, ImportanceSummary, Token } from './data.ts';
import { type Numbers, walkUbjson } from './ubjson.ts';

/** Gain and number of splits by column. */
export interface ColumnGains {
  readonly trees: number;
  readonly gains: ReadonlyMap<number, { gain: number; splits: number }>;
}

/** Adds up the loss reductions of all splits of a model in XGBoost's binary format (model.ubj). */
export function columnGains(model: Buffer): ColumnGains {
  const gains = new Map<number, { gain: number; splits: number }>();
  let trees = 0;
  let tree: Record<string, Numbers> = {};
  walkUbjson(model, {
    numbers: (key, values) => {
      tree[key] = values;
    },
    close: () => {
      const { left_children: children, loss_changes: changes, split_indices: columns } = tree;
      tree = {};
      if (!children || !changes || !columns) return;
      trees += 1;
      for (let node = 0; node < children.length; node += 1) {
        if (children.at(node) < 0) continue;
        const column = columns.at(node);
        const sum = gains.get(column) ?? { gain: 0, splits: 0 };
        gains.set(column, { gain: sum.gain + changes.at(node), splits: sum.splits + 1 });
      }
    },
  });
  return { trees, gains };
}

/** Importance of the best columns with their tokens, the most important first. */
export function rankGains(
  { trees, gains }: ColumnGains,
  tokens: ReadonlyMap<number, Token>,
  top: number,
): ImportanceSummary {
  const all = [...gains.values()];
  const total = all.reduce((sum, { gain }) => sum + gain, 0);
  const ranked = bestColumns(gains, top).flatMap((column): Gain[] => {
    const [sum, token] = [gains.get(column), tokens.get(column)];
    return sum && token ? [{ ...token, ...sum, share: total > 0 ? sum.gain / total : 0 }] : [];
  });
  return { trees, splits: all.reduce((sum, { splits }) => sum + splits, 0), used: gains.size, tokens: ranked };
}

/** The columns with the largest gain; equal gains: the first column. */
export function bestColumns(gains: ColumnGains['gains'], top: number): number[] {
  return [...gains]
    .sort(([a, { gain: x }], [b, { gain: y }]) => y - x || a - b)
    .slice(0, top)
    .map(([column]) => column);
}
