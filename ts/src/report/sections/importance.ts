import { count, metric } from '../../ui/format.ts';
import type { ImportanceSummary } from '../data.ts';
import { ACCENT, type Figure } from '../figure.ts';
import { html, printable } from '../html.ts';
import { percent, table } from '../layout.ts';
import type { Section } from '../section.ts';

/** Characters of a token in a plot. */
const LONGEST = 18;

/** Which tokens the final model uses. */
export const importance: Section = {
  id: 'importance',
  title: 'Importance',
  render: ({ importance: found }) => {
    if (!found || found.tokens.length === 0) return undefined;
    return [
      html`<p>${count(found.trees)} trees with ${count(found.splits)} splits use ${count(found.used)} tokens. <b>Gain</b> is by how much the splits
        on a token lowered the loss on the training rows. It says what the model uses, not what causes an outcome, and not in which direction.</p>`,
      { ...bars(found), beside: numbers(found) },
    ];
  },
};

function bars({ tokens }: ImportanceSummary): Figure {
  const labels = new Set<string>();
  const values = tokens.map(({ token, share }) => ({ label: labelOf(token, labels), share }));
  return {
    title: 'Share of the gain by token',
    description: `The tokens with the largest share of the gain: ${tokens
      .slice(0, 5)
      .map(({ token, share }) => `${token} ${percent(share)}`)
      .join(', ')}.`,
    height: 24 * values.length + 50,
    spec: {
      data: { values },
      mark: { type: 'bar', color: ACCENT, height: { band: 0.7 } },
      encoding: {
        x: { field: 'share', type: 'quantitative', title: 'share of the gain', axis: { format: '.0%', tickCount: 5 } },
        y: {
          field: 'label',
          type: 'nominal',
          sort: null,
          title: null,
          axis: { labelLimit: 130, domain: false, ticks: false },
        },
      },
    },
  };
}

/** A token, cut where it is long; an invisible sign keeps those apart that are cut to the same text. */
function labelOf(token: string, taken: Set<string>): string {
  const signs = [...printable(token)];
  let label = signs.length > LONGEST ? `${signs.slice(0, LONGEST - 1).join('')}…` : signs.join('');
  while (taken.has(label)) label += '\u200b';
  taken.add(label);
  return label;
}

function numbers({ tokens }: ImportanceSummary) {
  const columns = [
    { title: 'token' },
    { title: 'share', right: true },
    { title: 'gain', right: true },
    { title: 'splits', right: true },
    { title: 'n', right: true },
    { title: 'idf', right: true },
  ];
  return table(
    `The ${count(tokens.length)} most important tokens`,
    columns,
    tokens.map(({ token, share, gain, splits, n, idf }) => ({
      cells: [html`<code>${token}</code>`, percent(share), metric(gain), count(splits), count(n), metric(idf)],
    })),
  );
}
