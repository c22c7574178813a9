import { stringify } from 'yaml';
import { visibleJson } from '../ui/visible.ts';
import type { Choice } from './choose.ts';
import type { Dialect } from './dialect.ts';
import type { ResolvedConfig } from './types.ts';

/** A commented configuration for a table: what `nlpflow init` writes. */
export function renderConfig(
  choice: Pick<Choice, 'text' | 'outcome' | 'split' | 'objective'>,
  table: { source: string; encoding?: string; dialect?: Dialect; metric?: string },
): string {
  const extra = [
    ...(table.encoding === undefined ? [] : [`  encoding: ${scalar(table.encoding)}`]),
    ...Object.entries(table.dialect ?? {}).map(([key, value]) => `  ${key}: ${dialectValue(value)}`),
  ];
  const split =
    choice.split === undefined
      ? [
          'split:',
          '  prop: 0.8                # share of rows to train on; the others test the final model',
          '  seed: 1                  # draws the test set and the folds',
        ]
      : ['split:', `  column: ${scalar(choice.split)}`];
  return [
    '# A configuration of nlpflow. `nlpflow run` reads it; `nlpflow config --resolved` prints it with all defaults.',
    'data:',
    `  source: ${scalar(table.source)}`,
    `  text: ${scalar(choice.text)}`,
    `  outcome: ${scalar(choice.outcome)}   # a column, or an expression such as log1p(a) or a + b`,
    ...extra,
    '',
    ...split,
    '',
    'recipe:                      # how a text becomes numbers; learned on training rows only',
    '  - tokenize: words',
    '  - stopwords: { source: snowball, language: en }',
    '  - tokenfilter: { max_tokens: 1000 }   # the most frequent tokens',
    '  - tfidf',
    '',
    'model:                       # fixed parameters; the grid overrides them',
    `  objective: ${scalar(choice.objective)}`,
    '',
    'tune:',
    '  folds: 5',
    '  grid:                      # all combinations are tried; several values of trees cost one booster',
    '    trees: [100, 300, 500]',
    '    tree_depth: [6, 10]',
    '    learn_rate: [0.1, 0.3]',
    `  metric: ${(table.metric ?? 'rmse').padEnd(18)} # selects the best configuration`,
    '',
  ].join('\n');
}

/** A value of the dialect as YAML on one line; signs are quoted. */
function dialectValue(value: Dialect[keyof Dialect]): string {
  return value === 'none' ? value : visibleJson(JSON.stringify(value));
}

/** A complete configuration as YAML. */
export function renderResolved(config: ResolvedConfig): string {
  return stringify(config).trimEnd();
}

/** A text as YAML on one line: what is not plain, also for an editor, is escaped in quotes. */
function scalar(value: string): string {
  const isPlain = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+(?: +[\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u.test(value);
  return isPlain ? stringify(value, { lineWidth: 0, blockQuote: false }).trimEnd() : visibleJson(JSON.stringify(value));
}
