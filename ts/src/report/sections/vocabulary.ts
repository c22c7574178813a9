import { count, metric } from '../../ui/format.ts';
import type { Token } from '../data.ts';
import { html } from '../html.ts';
import { percent, table } from '../layout.ts';
import type { Section } from '../section.ts';

/** Tokens in each table. */
const SHOWN = 15;

/** The words that the model sees: the most frequent, the rarest, and those it uses most. */
export const vocabulary: Section = {
  id: 'vocabulary',
  title: 'Vocabulary',
  render: ({ vocabulary: words, importance }) => {
    if (!words || words.size === 0) return undefined;
    const tables = [
      tokens('Most frequent, by n', words.frequent),
      tokens('Highest idf', words.rare),
      ...(importance && importance.tokens.length > 0
        ? [
            table(
              'Most used, by gain',
              [{ title: 'token' }, { title: 'gain', right: true }, { title: 'n', right: true }],
              importance.tokens.slice(0, SHOWN).map((token) => ({
                cells: [word(token), percent(token.share), count(token.n)],
              })),
            ),
          ]
        : []),
    ];
    return [
      html`<p>${count(words.size)} tokens. <b>n</b> counts a token in the training rows, <b>df</b> the training texts that hold it; <b>idf</b> is
        its weight, higher for rarer tokens; <b>gain</b> is its share of what all splits of the model gained.</p>`,
      html`<div class="tables">${tables}</div>`,
    ];
  },
};

function tokens(caption: string, list: readonly Token[]) {
  const columns = [
    { title: 'token' },
    { title: 'n', right: true },
    { title: 'df', right: true },
    { title: 'idf', right: true },
  ];
  return table(
    caption,
    columns,
    list.slice(0, SHOWN).map((token) => ({ cells: [word(token), count(token.n), count(token.df), metric(token.idf)] })),
  );
}

function word({ token }: Token) {
  return html`<code>${token}</code>`;
}
