import { basename } from 'node:path';
import type { CorpusSummary, SplitSummary } from '../../native/stages.ts';
import { bytes, count, metric, plural } from '../../ui/format.ts';
import { scaleWords } from '../../ui/words.ts';
import type { ReportData } from '../data.ts';
import type { Figure } from '../figure.ts';
import { html } from '../html.ts';
import { facts, folded, table } from '../layout.ts';
import type { Section } from '../section.ts';
import { histogramSpec, outsideWords } from './histogram.ts';

/** What the table holds: rows, texts, outcomes, and how they were split. */
export const data: Section = {
  id: 'data',
  title: 'Data',
  render: (report) => {
    const { record, predictions } = report;
    const corpus = record.summaries.corpus as CorpusSummary | undefined;
    if (!corpus) return undefined;
    const blocks = [profile(report, corpus), badRows(corpus)].filter((block) => block !== undefined);
    const distribution: Figure[] = predictions
      ? [
          {
            title: 'Outcomes',
            description: `Histogram of ${record.config.data.outcome} in all ${count(predictions.train + predictions.test)} rows, from ${metric(corpus.outcome.min)} to ${metric(corpus.outcome.max)} with mean ${metric(corpus.outcome.mean)}.`,
            caption: `All rows, training and test. ${outsideWords(predictions.outcomes)}`,
            spec: histogramSpec(predictions.outcomes, record.config.data.outcome),
            height: 220,
          },
        ]
      : [];
    return [...blocks, ...distribution];
  },
};

function profile({ record }: ReportData, corpus: CorpusSummary) {
  const { dropped, outcome } = corpus;
  const { data: source, split: how } = record.config;
  const split = record.summaries.split as SplitSummary | undefined;
  const perText = corpus.documents > 0 ? corpus.tokens / corpus.documents : 0;
  const left = [
    dropped.null_outcome > 0 ? `${count(dropped.null_outcome)} without an outcome` : '',
    dropped.null_text > 0 ? `${count(dropped.null_text)} without a text` : '',
    dropped.empty_text > 0 ? `${count(dropped.empty_text)} with an empty text` : '',
    corpus.bad_rows > 0 ? `${count(corpus.bad_rows)} that could not be read` : '',
  ].filter((part) => part !== '');
  return facts([
    ['table', `${basename(source.source)}, ${bytes(record.data.bytes)}`],
    ['text', html`column <code>${source.text}</code>`],
    ['outcome', html`<code>${source.outcome}</code>`],
    ['rows used', `${count(corpus.documents)} of ${count(corpus.records)}`],
    ['left out', left.length === 0 ? 'none' : left.join(', ')],
    ['tokens', `${count(corpus.tokens)}, ${count(corpus.terms)} different, ${metric(perText)} a text`],
    ['texts without a token', count(corpus.empty_documents)],
    ['outcome mean', `${metric(outcome.mean)}, standard deviation ${metric(outcome.sd)}`],
    ['outcome range', `${metric(outcome.min)} to ${metric(outcome.max)}`],
    corpus.scale ? ['scale', scaleWords(corpus.scale)] : undefined,
    split
      ? [
          'split',
          `${count(split.train)} rows to train, ${count(split.test)} to test (${'column' in how ? `column ${how.column}` : `${how.prop} at random, seed ${how.seed}`})`,
        ]
      : undefined,
    split && split.folds.length > 0
      ? ['folds', `${plural(split.folds.length, 'fold')} of about ${count(split.folds[0]?.assessment ?? 0)} rows`]
      : undefined,
    split?.copies ? ['copies of texts', copiesWords(split.copies)] : undefined,
  ]);
}

function copiesWords({ test, folds }: { test: number; folds: number }): string {
  if (test === 0 && folds === 0) return 'none across training and test rows or folds';
  return `${percent(test)} of the test rows have their text among the training rows, ${percent(folds)} of the training rows in another fold`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function badRows({ bad_rows, first_bad }: CorpusSummary) {
  if (bad_rows === 0) return undefined;
  const rows = first_bad.map(({ row, line, reason }) => ({ cells: [count(row), count(line), reason] }));
  const columns = [{ title: 'row', right: true }, { title: 'line', right: true }, { title: 'reason' }];
  return folded(
    plural(bad_rows, 'row that could not be read', 'rows that could not be read'),
    table(`The first ${count(rows.length)}; nlpflow get writes all as bad_rows`, columns, rows),
  );
}
