/** What the name of a column says about what it is for. */

/** Names that only an outcome has, the surest first. */
const OUTCOMES: readonly (readonly [rank: number, names: ReadonlySet<string>])[] = [
  [100, list('label labels target y class outcome ground_truth gold gold_label 标签 ラベル 레이블 klasse etiqueta')],
  [95, list('sentiment polarity emotion mood feeling toxic toxicity spam fake sarcastic hate hateful stance 情感')],
  [
    90,
    list(
      'stars star star_rating rating ratings overall score scores grade points quality 评分 得分 note_globale bewertung',
    ),
  ],
  [85, list('category categories topic intent genre type 类别 分类')],
  [80, list('price salary preis prix precio prezzo cost revenue sales 价格')],
  [75, list('helpful useful votes vote likes upvotes recommended recommend helpfulness')],
];
/** The last word of such a name, as in `airline_sentiment`. */
const ENDINGS = list('label labels target class sentiment polarity rating ratings score stars category price salary');
/** Words of what a model or a person said about an outcome, or when and where something was: nothing to predict. */
const BESIDE: readonly (readonly [reason: string, words: ReadonlySet<string>])[] = [
  ['how sure an annotator or a model was', list('confidence probability prob proba logit logits trust certainty')],
  ['what a model predicted', list('prediction predictions predicted pred preds yhat')],
  ['a time', list('timestamp time date datetime created updated year month day hour minute weekday')],
  ['a place', list('lat lon lng latitude longitude zip zipcode postcode phone coord coordinates')],
  ['a part of the data', list('fold split set partition subset')],
];
const KEYS = list('id ids index idx key uid uuid guid row rowid rownum serial');
const MEASURES = list(
  'count counts length len words chars characters retweet retweets followers friends age tokens denominator numerator',
);
/** Words of a quantity: whatever its values look like, it is no key. */
const QUANTITIES = list(
  'size weight height width amount quantity volume duration age bytes length area distance income',
);
/** Names of classes by number. */
const CODED = list(
  'label labels target class y category categories topic type code intent genre cluster group 标签 类别',
);

/** From this rank on a name says that the column is an outcome. */
export const NAMED = 70;

/** How surely a name is that of an outcome: 0 to 100. */
export function outcomeRank(name: string): number {
  const parts = wordsOf(name);
  const whole = parts.join('_');
  for (const [rank, names] of OUTCOMES) {
    if (names.has(whole)) return rank;
  }
  if (/^(is|has|was)_/.test(whole) && parts.length > 1) return 88;
  if (ENDINGS.has(parts.at(-1) ?? '')) return 84;
  return parts.some((part) => part === 'label' || part === 'class' || part === 'target') ? 78 : 0;
}

/** Whether other columns say how sure someone was of this one, as `mood_confidence` does of `mood`. */
export function hasCompanion(name: string, names: readonly string[]): boolean {
  const own = wordsOf(name).join('_');
  const isBeside = (word: string) => BESIDE.slice(0, 2).some(([, words]) => words.has(word));
  return names.some((other) => {
    const parts = wordsOf(other);
    return parts.some(isBeside) && parts.filter((part) => !isBeside(part)).join('_') === own;
  });
}

/** Why nobody would predict a column of this name; nothing where the name does not say. */
export function besideOutcome(name: string): string | undefined {
  const parts = wordsOf(name);
  return BESIDE.find(([, words]) => parts.some((part) => words.has(part)))?.[0];
}

/** Whether a name is that of a key, and not of classes by number. */
export function isKeyName(name: string): boolean {
  const parts = wordsOf(name);
  return KEYS.has(parts.at(-1) ?? '') && !parts.some((part) => CODED.has(part));
}

/** Whether a name is what pandas or R writes for the numbers of rows. */
export function isIndexName(name: string): boolean {
  return name === '' || /^unnamed: \d+$|^\.\.\.1$|^x$|^level_0$/i.test(name);
}

/** Whether a column says how long or how often something is: seldom what is to be predicted. */
export function isMeasureName(name: string): boolean {
  return wordsOf(name).some((part) => MEASURES.has(part));
}

/** Whether a name is that of a quantity, so that different values make no key. */
export function isQuantityName(name: string): boolean {
  return wordsOf(name).some((part) => QUANTITIES.has(part));
}

/** Whether few whole numbers under this name are classes. */
export function isCodedName(name: string): boolean {
  return wordsOf(name).some((part) => CODED.has(part));
}

const TEXTS = list(
  'text texts review reviews tweet content body comment comments message sms sentence description document article post question answer abstract utterance phrase transcript feedback caption 评论 内容 文本 本文 レビュー',
);
const ABOUT = list(
  'title headline subject summary name author user username location source url keyword keywords reason address tags selected clean cleaned processed lemmatized stemmed tokens tokenized preprocessed designation',
);

/** How well a name fits a text to learn from: above 1 is good, below 1 is something about a text. */
export function textWeight(name: string): number {
  const parts = wordsOf(name);
  if (parts.some((part) => ABOUT.has(part))) return 0.4;
  return parts.some((part) => TEXTS.has(part)) ? 2 : 1;
}

/** `reviewText`, `Review Text` and `review_text` are the same words. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '');
}

function list(names: string): ReadonlySet<string> {
  return new Set(names.split(' '));
}
