import { csv } from '../draw.ts';
import { mostly, type Sample } from './sample.ts';

/** Texts in scripts without blanks beside names and titles in English. */
export const SCRIPTS: readonly Sample[] = [
  {
    name: 'Chinese hotel reviews',
    table: csv(['label', 'review'], 80, (d) => [mostly(d, 1, 0), d.text('chinese', 12)]),
    text: 'review',
    outcome: 'label',
  },
  {
    name: 'Chinese reviews beside English names, with Chinese headings',
    table: csv(['hotel', '评论', '情感'], 80, (d, n) => [
      `${d.text('names', 3)} ${n}`,
      d.text('chinese', 20),
      mostly(d, '正面', '负面'),
    ]),
    text: '评论',
    outcome: '`情感` == "正面"',
  },
  {
    name: 'Japanese',
    table: csv(['store', 'comment', 'rating'], 80, (d, n) => [
      `${d.text('names', 2)} ${n}`,
      d.text('japanese', 14),
      1 + d.below(5),
    ]),
    text: 'comment',
    outcome: 'rating',
  },
  {
    name: 'Thai',
    table: csv(['shop name', 'review', 'label'], 80, (d, n) => [
      `${d.text('names', 3)} ${n}`,
      d.text('thai', 12),
      d.pick(['pos', 'neg']),
    ]),
    text: 'review',
    outcome: 'label == "pos"',
  },
];
