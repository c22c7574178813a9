import { csv } from '../draw.ts';
import { mostly, type Sample, text } from './sample.ts';

/** Tables that do not say what is meant. */
export const QUESTIONS: readonly Sample[] = [
  {
    name: 'EmoBank: valence, arousal and dominance',
    table: csv(['id', 'split', 'V', 'A', 'D', 'text'], 80, (d, n) => [
      `110CYL068_${n}`,
      d.pick(['train', 'dev', 'test']),
      ...Array.from({ length: 3 }, () => (100 + d.below(400)) / 100),
      text(d),
    ]),
    asks: '3 columns are as good as each other for the outcome',
    offers: ['--outcome V', '--outcome A', '--outcome D'],
  },
  {
    name: 'emotions in columns of 0 and 1',
    table: csv(['text', 'anger', 'joy', 'fear'], 80, (d) => [
      text(d),
      ...Array.from({ length: 3 }, () => d.pick([0, 1])),
    ]),
    asks: '3 columns are as good as each other for the outcome',
    offers: ['--outcome anger', '--outcome joy'],
  },
  {
    name: 'ten classes by number',
    table: csv(['text', 'class'], 200, (d) => [text(d), 1 + d.below(10)]),
    asks: 'class looks like the outcome, but holds 10 classes by number, 1 to 10; several classes at once are not possible yet',
    offers: ["--outcome 'class == 1'", "--outcome 'class == 10'", '--outcome class '],
  },
  {
    name: 'AG News',
    table: csv(['Class Index', 'Title', 'Description'], 80, (d) => [
      1 + d.below(4),
      d.text('english', 4),
      d.text('english', 20),
    ]),
    asks: 'Class Index looks like the outcome, but holds 4 classes by number',
    offers: ["--outcome '`Class Index` == 4'"],
  },
  {
    name: 'topics in words',
    table: csv(['headline', 'category'], 80, (d) => [text(d), d.pick(['politics', 'sport', 'travel', 'science'])]),
    asks: 'category looks like the outcome, but holds 4 values',
    offers: [`--outcome 'category == "sport"'`],
  },
  {
    name: 'hate speech, two things that are meant',
    table: csv(['tweet', 'label'], 80, (d) => [text(d), d.pick(['hate', 'offensive', 'neither'])]),
    asks: 'label looks like the outcome, but holds 3 values',
    offers: [`--outcome 'label == "hate"'`],
  },
  {
    name: 'question pairs: two texts',
    table: csv(['id', 'question1', 'question2', 'is_duplicate'], 60, (d, n) => [n, text(d), text(d), mostly(d, 0, 1)]),
    asks: '2 columns are as good as each other for the text',
    offers: ['--text question1', '--text question2'],
  },
  {
    name: 'deceptive opinion spam',
    table: csv(['deceptive', 'hotel', 'polarity', 'source', 'text'], 60, (d) => [
      d.pick(['truthful', 'deceptive']),
      d.pick(['hyatt', 'affinia', 'omni', 'hilton']),
      d.pick(['positive', 'negative']),
      d.pick(['TripAdvisor', 'MTurk']),
      d.text('english', 40),
    ]),
    asks: '2 columns are as good as each other for the outcome',
    offers: [`--outcome 'deceptive == "deceptive"'`, `--outcome 'polarity == "positive"'`],
  },
  {
    name: 'only a text and keys',
    table: csv(['id', 'user_id', 'text', 'created'], 60, (d, n) => [n, d.below(30), text(d), d.date()]),
    asks: 'no column looks like an outcome',
  },
  {
    name: 'authors of tales',
    table: csv(['id', 'text', 'author'], 60, (d, n) => [`id${10_000 + n}`, text(d), d.pick(['EAP', 'HPL', 'MWS'])]),
    asks: 'author looks like the outcome, but holds 3 values: ',
    offers: [`--outcome 'author == "HPL"'`],
  },
  {
    name: 'a label that stands twice',
    table: csv(['text', 'label', 'label', 'size'], 60, (d) => [text(d), d.pick([0, 1]), d.pick([0, 1]), d.below(40)]),
    asks: 'label looks like the outcome, but its name stands twice in the header: rename one',
    offers: ['--outcome size'],
  },
  {
    name: 'no text at all',
    table: csv(['id', 'city', 'price'], 60, (d, n) => [n, d.pick(['Rome', 'Oslo']), d.below(100)]),
    asks: 'no column looks like text',
  },
  {
    name: 'a number and a flag without telling names',
    table: csv(['notes', 'a', 'b'], 60, (d) => [text(d), d.below(1000) / 7, d.pick(['x', 'z'])]),
    asks: '2 columns are as good as each other for the outcome',
    offers: ['--outcome a', '--outcome'],
  },
];
