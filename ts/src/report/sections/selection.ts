import { metric } from '../../ui/format.ts';
import { html } from '../html.ts';
import { facts, settings } from '../layout.ts';
import type { Section } from '../section.ts';

/** What the rules of `tune.select` do; another rule is called by its name. */
const RULES: Readonly<Record<string, string>> = {
  best: 'the configuration with the best mean over the folds; of equal ones, the first in the grid',
};

/** How the configuration was chosen. */
export const selection: Section = {
  id: 'selection',
  title: 'Selection',
  render: ({ record, maximized }) => {
    const { best } = record;
    if (!best) return undefined;
    const { select, metric: name } = record.config.tune;
    return [
      facts([
        ['metric', html`<code>${name}</code>, ${maximized.has(name) ? 'more' : 'less'} is better`],
        ['rule', html`<code>${select}</code>${RULES[select] === undefined ? '' : `: ${RULES[select]}`}`],
        ['selected', `${best.id}${Object.keys(best.values).length > 0 ? `: ${settings(best.values)}` : ''}`],
        [
          'its mean',
          `${metric(best.mean)}${best.std_err === null ? '' : ` ± ${metric(best.std_err)} (standard error over ${best.n} folds)`}`,
        ],
      ]),
      html`<p class="quiet">The mean of the best of many is a little too good, since it was chosen for being so; the test set, which no choice
        has seen, is the fair measure.</p>`,
    ];
  },
};
