/** Made-up rows, the same in every run. */

const WORDS = {
  english:
    'the room was clean and we would stay here again but breakfast is too late for a quiet street near this river'.split(
      ' ',
    ),
  german:
    'das Zimmer war sauber und wir kommen gerne wieder aber die Straße ist für ältere Gäste viel zu laut gewesen'.split(
      ' ',
    ),
  chinese: [
    '房间',
    '干净',
    '服务',
    '很好',
    '早餐',
    '一般',
    '下次',
    '还会',
    '再来',
    '位置',
    '方便',
    '不太',
    '满意',
    '价格',
    '有点',
    '贵',
  ],
  japanese: [
    '部屋',
    'は',
    'とても',
    'きれい',
    'です',
    '駅',
    'から',
    '近い',
    'ので',
    '便利',
    'でした',
    '朝食',
    'が',
    'おいしい',
  ],
  thai: ['ห้อง', 'สะอาด', 'มาก', 'พนักงาน', 'บริการ', 'ดี', 'อาหาร', 'เช้า', 'อร่อย', 'ใกล้', 'สถานี', 'ราคา'],
  names: 'Anna Jakob Marie Tom Sofia Grand Palace Hotel Riverside Inn Park Central Garden'.split(' '),
} as const;

/** A source of chance that starts anew for each table. */
export class Draw {
  #state: number;

  constructor(seed = 1) {
    this.#state = seed * 2_654_435_761;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state | 0, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** A sentence of `least` to twice as many words, in a script with blanks or without. */
  text(language: keyof typeof WORDS = 'english', least = 8): string {
    const isJoined = ['chinese', 'japanese', 'thai'].includes(language);
    const words = Array.from({ length: least + this.below(least) }, () => this.pick(WORDS[language]));
    return words.join(isJoined ? '' : ' ');
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('');
  }

  date(): string {
    const two = (value: number) => String(value + 1).padStart(2, '0');
    return `2015-${two(this.below(12))}-${two(this.below(28))} ${two(this.below(23))}:${two(this.below(58))}:00`;
  }
}

/** A table in CSV: a header, and rows that `row` makes from their number. */
export function csv(
  header: readonly string[],
  rows: number,
  row: (draw: Draw, number: number) => readonly (string | number)[],
  delimiter = ',',
): string {
  const draw = new Draw(header.length + rows);
  const lines = Array.from({ length: rows }, (_, number) => row(draw, number).map(String));
  const quoted = (field: string) =>
    field.includes(delimiter) || /["\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  return [header, ...lines].map((fields) => `${fields.map(quoted).join(delimiter)}\n`).join('');
}
