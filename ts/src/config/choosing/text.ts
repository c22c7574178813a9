/** Which column holds the text: the one where sentences stand. */

import type { InspectedColumn } from '../../native/stages.ts';
import { textWeight } from './names.ts';
import type { ColumnUse } from './question.ts';
import { shown } from './terms.ts';

/** A column that may hold the text. */
export interface TextCandidate {
  readonly column: InspectedColumn;
  readonly score: number;
}

/** The second column is as good as the first from this share of its score on. */
const AS_GOOD = 0.75;
/** Words a row from which a column holds sentences, or at least phrases. */
const PHRASE = 1.5;

/** The columns that may hold the text, the best first. */
export function textCandidates(columns: readonly InspectedColumn[]): TextCandidate[] {
  const isText = ({ kind, form, mean_words = 0 }: InspectedColumn) =>
    form === undefined && (kind === 'text' || (kind === 'category' && mean_words > 2)) && mean_words >= PHRASE;
  return columns
    .filter(isText)
    .map((column) => ({ column, score: (column.mean_words ?? 0) * textWeight(column.name) * filled(column) }))
    .toSorted((a, b) => b.score - a.score);
}

/** The best ones: one, or several that are as good. */
export function bestTexts(candidates: readonly TextCandidate[]): TextCandidate[] {
  const [first] = candidates;
  return first ? candidates.filter(({ score }) => score >= AS_GOOD * first.score) : [];
}

/** What a column of words is that is not the text. */
export function otherText(column: InspectedColumn): Pick<ColumnUse, 'use' | 'reason'> {
  switch (column.form) {
    case 'url':
      return { use: 'none', reason: 'addresses of the web' };
    case 'json':
      return { use: 'none', reason: 'objects or lists, not sentences' };
    case 'code':
      return { use: 'none', reason: column.unique ? 'a key: every row has another' : 'codes, not sentences' };
    case 'figure':
      return { use: 'none', reason: `numbers written for people, such as ${shown(column.examples[0] ?? '')}` };
    default:
      return { use: 'none', reason: `text, ${wordsARow(column)}` };
  }
}

/** `14.0 words a row`. */
export function wordsARow({ mean_words = 0 }: InspectedColumn): string {
  return `${mean_words.toFixed(1)} words a row`;
}

/** Lowers the score of a column that is empty in most rows. */
function filled({ nulls, distinct }: InspectedColumn): number {
  return nulls > 2 * distinct ? 0.5 : 1;
}
