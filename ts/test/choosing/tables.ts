/** Tables as people have them, with what an expert would choose of each, or what has to be asked. */

import { csv, type Draw } from './draw.ts';

/** A table and what is right for it. */
export interface Sample {
  readonly name: string;
  readonly table: string | Uint8Array;
  readonly file?: string;
  /** What is chosen. */
  readonly text?: string;
  readonly outcome?: string;
  readonly split?: string;
  /** What is asked instead: words of the message, and commands that it offers. */
  readonly asks?: string;
  readonly offers?: readonly string[];
}

const text = (draw: Draw) => draw.text();
/** Three of four rows have the first value. */
const mostly = <T>(draw: Draw, often: T, seldom: T): T => (draw.below(4) > 0 ? often : seldom);

/** Tables whose outcome is an event. */
export const EVENTS: readonly Sample[] = [
  {
    name: 'SMS spam as Kaggle has it',
    table: csv(['v1', 'v2', '', '', ''], 80, (d) => [mostly(d, 'ham', 'spam'), text(d), '', '', '']),
    text: 'v2',
    outcome: 'v1 == "spam"',
  },
  {
    name: 'SMS spam with names given to a file without a header',
    file: 'sms.tsv',
    table: csv(['label', 'message'], 80, (d) => [mostly(d, 'ham', 'spam'), text(d)], '\t'),
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
    name: 'IMDB',
    table: csv(['review', 'sentiment'], 60, (d, n) => [d.text('english', 60), n % 2 ? 'negative' : 'positive']),
    text: 'review',
    outcome: 'sentiment == "positive"',
  },
  {
    name: 'True and False, False first and more frequent',
    table: csv(['text', 'is_spam'], 100, (d, n) => [text(d), n % 3 ? 'False' : 'True']),
    text: 'text',
    outcome: 'is_spam == "True"',
  },
  {
    name: 'yes and no',
    table: csv(['recommended', 'comment'], 60, (d) => [mostly(d, 'yes', 'no'), text(d)]),
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
      d.pick(['FAKE', 'REAL']),
    ]),
    text: 'text',
    outcome: 'label == "FAKE"',
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
    text: 'text',
    outcome: 'polarity == "positive"',
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

/** Tables in which keys, numbers of rows and confidences stand before the outcome. */
export const KEYS: readonly Sample[] = [
  {
    name: 'a pandas index without a name',
    table: csv(['', 'text', 'label'], 60, (d, n) => [n, text(d), d.pick([0, 1])]),
    text: 'text',
    outcome: 'label',
  },
  {
    name: 'Unnamed: 0 and a tweetID',
    table: csv(['Unnamed: 0', 'tweetID', 'text', 'label'], 60, (d, n) => [
      n,
      57_000_000_000 + d.below(1e9),
      text(d),
      d.pick([0, 1]),
    ]),
    text: 'text',
    outcome: 'label',
  },
  {
    name: 'WELFake',
    table: csv(['Unnamed: 0', 'title', 'text', 'label'], 60, (d, n) => [
      n,
      d.text('english', 6),
      d.text('english', 50),
      d.pick([0, 1]),
    ]),
    text: 'text',
    outcome: 'label',
  },
  {
    name: 'an index that was shuffled',
    table: csv(['index', 'body', 'stars'], 97, (d, n) => [(n * 41) % 97, text(d), 1 + d.below(5)]),
    text: 'body',
    outcome: 'stars',
  },
  {
    name: "Kaggle's train.csv about disasters",
    file: 'train.csv',
    table: csv(['id', 'keyword', 'location', 'text', 'target'], 90, (d, n) => [
      2 * n + 1,
      d.pick(['', 'fire', 'flood', 'body%20bag']),
      d.pick(['', 'USA', 'Paris, France', `the town of ${n}`]),
      text(d),
      d.pick([0, 1]),
    ]),
    text: 'text',
    outcome: 'target',
  },
  {
    name: 'US airline tweets',
    table: csv(
      [
        'tweet_id',
        'airline_sentiment',
        'airline_sentiment_confidence',
        'negativereason',
        'airline',
        'name',
        'retweet_count',
        'text',
        'tweet_created',
      ],
      120,
      (d, n) => [
        570_306_133_677 + 1000 * n,
        d.pick(['negative', 'neutral', 'positive']),
        `0.${d.below(9000) + 1000}`,
        d.pick(['', 'Late Flight', 'Lost Luggage']),
        d.pick(['United', 'Delta', 'US Airways', 'Virgin America']),
        `user${n}`,
        d.below(4),
        text(d),
        `2015-02-24 11:${10 + (n % 50)}:52 -0800`,
      ],
    ),
    text: 'text',
    outcome: 'airline_sentiment == "positive"',
  },
  {
    name: 'a label beside its prediction and probability',
    table: csv(['text', 'probability', 'prediction', 'label'], 60, (d) => [
      text(d),
      d.below(1000) / 1000,
      d.pick([0, 1]),
      d.pick([0, 1]),
    ]),
    text: 'text',
    outcome: 'label',
  },
  {
    name: 'uuids, dates and addresses',
    table: csv(['uuid', 'created_at', 'url', 'meta', 'message', 'score'], 60, (d, n) => [
      `${d.hex(8)}-${d.hex(4)}-${d.hex(12)}`,
      d.date(),
      `https://example.org/a/long/address/${n}`,
      `{"a": ${n}, "b": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"}`,
      text(d),
      d.below(50) / 10,
    ]),
    text: 'message',
    outcome: 'score',
  },
  {
    name: 'Amazon fine food',
    table: csv(
      [
        'Id',
        'ProductId',
        'UserId',
        'ProfileName',
        'HelpfulnessNumerator',
        'HelpfulnessDenominator',
        'Score',
        'Time',
        'Summary',
        'Text',
      ],
      80,
      (d, n) => [
        n + 1,
        `B00${d.hex(7).toUpperCase()}`,
        `A${d.hex(12).toUpperCase()}`,
        d.text('names', 2),
        d.below(4),
        d.below(8),
        1 + d.below(5),
        1_303_862_400 + 86_400 * d.below(900),
        d.text('english', 3),
        d.text('english', 40),
      ],
    ),
    text: 'Text',
    outcome: 'Score',
  },
  {
    name: 'Yelp stars beside votes',
    table: csv(
      ['business_id', 'date', 'review_id', 'stars', 'text', 'type', 'user_id', 'cool', 'useful', 'funny'],
      80,
      (d) => [
        d.hex(22),
        d.date().slice(0, 10),
        d.hex(22),
        1 + d.below(5),
        d.text('english', 30),
        'review',
        d.hex(22),
        d.below(9),
        d.below(9),
        d.below(9),
      ],
    ),
    text: 'text',
    outcome: 'stars',
  },
  {
    name: 'wine with points and prices',
    table: csv(['', 'country', 'description', 'designation', 'points', 'price', 'variety'], 90, (d, n) => [
      n,
      d.pick(['Italy', 'France', 'US']),
      d.text('english', 20),
      d.text('names', 2),
      80 + d.below(20),
      d.pick(['', 15, 20, 35, 87]),
      d.pick(['Pinot Noir', 'Red Blend', 'Riesling']),
    ]),
    text: 'description',
    outcome: 'points',
  },
  {
    name: 'prices over a wide range',
    table: csv(['item', 'listing', 'price'], 80, (d, n) => [n, text(d), 10 ** (1 + d.below(5)) + d.below(900)]),
    text: 'listing',
    outcome: 'log1p(price)',
  },
  {
    name: 'a number with a few words for gaps',
    table: csv(['text', 'y'], 120, (d, n) => [text(d), ['-', 'N/A', 'NaN'][n - 30] ?? d.below(900) / 10]),
    text: 'text',
    outcome: 'y',
  },
  {
    name: 'a column that says train or test',
    table: csv(['text', 'rating', 'set'], 60, (d, n) => [text(d), 1 + d.below(10), n % 4 ? 'train' : 'test']),
    text: 'text',
    outcome: 'rating',
    split: 'set',
  },
];

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
    name: 'only a text and keys',
    table: csv(['id', 'user_id', 'text', 'created'], 60, (d, n) => [n, d.below(30), text(d), d.date()]),
    asks: 'no column looks like an outcome',
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
