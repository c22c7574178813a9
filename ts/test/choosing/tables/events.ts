import { csv } from '../draw.ts';
import { either, mostly, type Sample, text } from './sample.ts';

/** Tables whose outcome is an event. */
export const EVENTS: readonly Sample[] = [
  {
    name: 'SMS spam as Kaggle has it',
    table: csv(['v1', 'v2', '', '', ''], 80, (d, n) => [
      n === 0 ? 'ham' : mostly(d, 'ham', 'spam'),
      text(d),
      '',
      '',
      '',
    ]),
    text: 'v2',
    outcome: 'v1 == "spam"',
  },
  {
    name: 'SMS spam with names given to a file without a header',
    file: 'sms.tsv',
    table: csv(['label', 'message'], 80, (d, n) => [n === 0 ? 'ham' : mostly(d, 'ham', 'spam'), text(d)], '\t'),
    text: 'message',
    outcome: 'label == "spam"',
  },
  {
    name: 'SMS spam where spam is as frequent as ham',
    table: csv(['text', 'kind'], 80, (d, n) => [text(d), ['ham', 'spam'][n % 2] ?? '']),
    text: 'text',
    outcome: 'kind == "spam"',
  },
  {
    name: 'Sentiment140',
    table: csv(['target', 'ids', 'date', 'flag', 'user', 'text'], 90, (d, n) => [
      d.pick([0, 4]),
      1_467_810_369 + 311 * n,
      `Mon Apr 06 22:19:${10 + (n % 50)} PDT 2009`,
      'NO_QUERY',
      `user${n}`,
      text(d),
    ]),
    text: 'text',
    outcome: 'target == 4',
  },
  {
    name: 'a file sorted by its label, half of it each',
    table: csv(['review', 'label'], 12_000, (d, n) => [d.text('english', 4), n < 6000 ? 'negative' : 'positive']),
    text: 'review',
    outcome: 'label == "positive"',
  },
  {
    name: 'labels in turn in a large file',
    table: csv(['review', 'label'], 20_000, (d, n) => [d.text('english', 4), either(n, 'neg', 'pos')]),
    text: 'review',
    outcome: 'label == "pos"',
  },
  {
    name: 'IMDB',
    table: csv(['review', 'sentiment'], 60, (d, n) => [d.text('english', 60), either(n, 'negative', 'positive')]),
    text: 'review',
    outcome: 'sentiment == "positive"',
  },
  {
    name: 'True and False, False first and more frequent',
    table: csv(['text', 'is_spam'], 100, (d, n) => [text(d), n % 3 === 1 ? 'True' : 'False']),
    text: 'text',
    outcome: 'is_spam == "True"',
  },
  {
    name: 'yes and no',
    table: csv(['recommended', 'comment'], 60, (d, n) => [either(n, 'no', 'yes'), text(d)]),
    text: 'comment',
    outcome: 'recommended == "yes"',
  },
  {
    name: 'minus one and one',
    table: csv(['text', 'label'], 60, (d) => [text(d), d.pick([-1, 1])]),
    text: 'text',
    outcome: 'label == 1',
  },
  {
    name: 'Amazon polarity, classes 1 and 2',
    table: csv(['label', 'title', 'content'], 60, (d) => [d.pick([1, 2]), d.text('english', 3), d.text('english', 30)]),
    text: 'content',
    outcome: 'label == 2',
  },
  {
    name: 'fake news with FAKE and REAL',
    table: csv(['', 'title', 'text', 'label'], 60, (d, n) => [
      n,
      d.text('english', 5),
      d.text('english', 60),
      either(n, 'REAL', 'FAKE'),
    ]),
    text: 'text',
    outcome: 'label == "FAKE"',
  },
  {
    name: 'toxic comments, six labels',
    table: csv(
      ['id', 'comment_text', 'toxic', 'severe_toxic', 'obscene', 'threat', 'insult', 'identity_hate'],
      80,
      (d) => [d.hex(16), d.text('english', 20), ...Array.from({ length: 6 }, () => mostly(d, 0, 1))],
    ),
    text: 'comment_text',
    outcome: 'toxic',
  },
  {
    name: 'German Excel export in windows-1252 with semicolons',
    table: Buffer.from(
      csv(['Nr', 'Text', 'Weiterempfohlen'], 60, (d, n) => [n + 1, d.text('german'), mostly(d, 'ja', 'nein')], ';'),
      'latin1',
    ),
    text: 'Text',
    outcome: 'Weiterempfohlen == "ja"',
  },
  {
    name: 'an opinion beside how sure the annotators were',
    table: csv(['verdict', 'verdict:confidence', 'carrier', 'message'], 90, (d) => [
      d.pick(['bad', 'fine', 'good']),
      (34 + d.below(66)) / 100,
      d.pick(['Kite Air', 'Nordwind']),
      text(d),
    ]),
    text: 'message',
    outcome: 'verdict == "good"',
  },
  {
    name: 'tweets with the part that was selected',
    table: csv(['textID', 'text', 'selected_text', 'sentiment'], 90, (d) => {
      const whole = d.text('english', 12);
      return [d.hex(10), whole, whole.slice(0, 50), d.pick(['neutral', 'negative', 'positive'])];
    }),
    text: 'text',
    outcome: 'sentiment == "positive"',
  },
  {
    name: 'sarcasm in headlines',
    table: csv(['article_link', 'headline', 'is_sarcastic'], 60, (d, n) => [
      `https://example.org/${n}`,
      text(d),
      mostly(d, 0, 1),
    ]),
    text: 'headline',
    outcome: 'is_sarcastic',
  },
];
