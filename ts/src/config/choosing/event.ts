/** Which value of a column of words is the event: the one that is meant, not the one that comes first. */

import type { ValueCount } from '../../native/stages.ts';

/** What people look for: the name of the thing. */
const SOUGHT = words(`
  spam junk scam phishing smishing fraud fraudulent fake hoax clickbait rumor rumour misinformation disinformation
  deceptive manipulated toxic hate hateful offensive abusive abuse insult obscene threat harassment bullying
  cyberbullying racist sexist profane malicious malware attack anomaly sarcastic sarcasm ironic irony humor funny
  suicide suicidal depression depressed sick disease malignant churn churned default disaster urgent emergency bug
  defect vulnerable bot troll spammer advertisement positiv positive positif positivo pos 正面 积极 好评 垃圾 ポジティブ
  肯定 긍정 позитивный إيجابي`);
/** Assent, which says that the column's name holds. */
const ASSENT = words(`
  true yes y t j 1 on ja oui si sí sim да 是 はい 예 wahr vrai vero verdadero verdadeiro good gut bon bueno bom buono gute
  like liked love recommended recommend relevant related helpful useful important approved accepted accept success
  successful won win passed pass entailment duplicate hit up correct active present high 好 赞`);
/** The usual, or dissent: what is left when the event is not there. */
const USUAL = words(`
  ham false no 0 off nein non não nao нет 否 いいえ 아니오 falsch faux falso negative neg negativ negatif négatif
  negativo 负面 消极 差评 ネガティブ 부정 негативный سلبي real legit legitimate genuine truthful normal none neither other clean
  benign safe healthy neutral bad schlecht mauvais malo ruim irrelevant unrelated unhelpful rejected reject failed fail
  failure lost lose human nothate literal regular inactive absent low incorrect down dislike disliked 坏`);

const NEGATIONS = ['no', 'not', 'non', 'un', 'in'];

/** The event of two values, and whether its name tells. */
export interface Event {
  readonly value: ValueCount;
  readonly isMeant: boolean;
}

/** The event of a column's values; none where there are more than two and no single one is meant. */
export function eventOf(values: readonly ValueCount[]): Event | undefined {
  const sought = values.filter(({ value }) => SOUGHT.has(plain(value)));
  const assenting = values.filter(({ value }) => ASSENT.has(plain(value)));
  const meant = [...sought, ...assenting];
  const [only] = values.length === 2 && sought.length === 1 ? sought : meant;
  if (only && (meant.length === 1 || (values.length === 2 && sought.length === 1)))
    return { value: only, isMeant: true };
  const unusual = values.filter((one) => !isUsual(one, values));
  const [left] = unusual;
  if (left && unusual.length === 1) return { value: left, isMeant: true };
  if (values.length !== 2) return undefined;
  const [rarer] = values.toSorted((a, b) => a.rows - b.rows);
  return rarer && { value: rarer, isMeant: false };
}

/** Whether a value is what the others are not: `ham`, `not spam`, `non-toxic`. */
function isUsual({ value }: ValueCount, values: readonly ValueCount[]): boolean {
  const own = plain(value);
  const negates = (other: string) =>
    NEGATIONS.some((no) => [`${no}${other}`, `${no} ${other}`, `${no}-${other}`, `${no}_${other}`].includes(own));
  return USUAL.has(own) || values.some((other) => negates(plain(other.value)));
}

function plain(value: string): string {
  return value
    .trim()
    .toLowerCase()
    .replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).filter((word) => word !== ''));
}
