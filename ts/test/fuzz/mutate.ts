/** Small random changes to texts, from a seed. */

/** A random whole number from 0 to below `end`. */
export type Random = (end: number) => number;

/** Numbers that follow from the seed alone (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (end) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
}

/** What means something in a configuration, in YAML or to JavaScript. */
const WORDS = [
  ...['data', 'source', 'text', 'outcome', 'na', 'empty', 'max_bad_rows', 'encoding', 'delimiter', 'split', 'prop'],
  ...['column', 'seed', 'recipe', 'tokenize', 'words', 'lowercase', 'stopwords', 'tokenfilter', 'max_tokens', 'tfidf'],
  ...['tf', 'model', 'engine', 'trees', 'tree_depth', 'learn_rate', 'objective', 'tune', 'folds', 'grid', 'metrics'],
  ...[
    'tokenfilter.max_tokens',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'length',
  ],
  ...[
    'null',
    '~',
    'true',
    '.nan',
    '.inf',
    '-0',
    '1e999',
    '0x1F',
    '9007199254740993',
    '-1',
    '0.5',
    '2',
    '300',
    '""',
    "''",
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '{}',
    '[]',
    ': ',
    '- ',
    ', ',
    '? ',
    '\n',
    '\n  ',
    '\n    - ',
    '#',
    '|\n',
    '>\n',
    '\t',
    '\r\n',
    '\0',
  ],
  ...[
    '&a ',
    '*a',
    '<<: *a',
    '!!str ',
    '!!int ',
    '!!binary ',
    '!x ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '\ufeff',
    '\u2028',
    '😀',
  ],
  ...['\n#! --set ', '\n#! --grid ', '\n#! --folds ', '\n#! NLPFLOW_TUNE_', '\n#! NLPFLOW_RECIPE_', '.', '=', '0', '_'],
  '['.repeat(200),
  '{a: '.repeat(200),
  '- '.repeat(200),
];

/** A text with some changes; parts may come from `others`. */
export function mutated(text: string, others: readonly string[], random: Random): string {
  let changed = text;
  for (let count = 1 + random(4); count > 0; count -= 1) {
    changed = change(changed, others, random);
  }
  // Files and arguments hold no halves of characters.
  return Buffer.from(changed.slice(0, 8192)).toString();
}

function change(text: string, others: readonly string[], random: Random): string {
  const [one, two] = [random(text.length + 1), random(text.length + 1)];
  const [start, end] = [Math.min(one, two), Math.max(one, two)];
  const word = WORDS[random(WORDS.length)] ?? '';
  const near = Math.min(text.length, start + 1 + random(8));
  switch (random(9)) {
    case 0:
      return text.slice(0, start) + word + text.slice(start);
    case 1:
      return text.slice(0, start) + word + text.slice(near);
    case 2:
      return text.slice(0, start) + text.slice(near);
    case 3:
      return text.slice(0, end) + text.slice(start, Math.min(end, start + 200)) + text.slice(end);
    case 4:
      return replaceWord(text, word, random);
    case 5: {
      const other = others[random(others.length)] ?? '';
      const from = random(other.length + 1);
      return text.slice(0, start) + other.slice(from, from + 1 + random(80)) + text.slice(near);
    }
    case 6:
      return swapLines(text, random);
    case 7:
      return (
        text.slice(0, start) + String.fromCharCode(random(2) === 0 ? random(128) : random(65536)) + text.slice(start)
      );
    default:
      return replaceWord(text, String((random(2001) - 1000) / 10 ** random(4)), random);
  }
}

/** One of the text's own words, keys and numbers among them, becomes another. */
function replaceWord(text: string, word: string, random: Random): string {
  const found = [...text.matchAll(/[\w.]+/g)];
  const chosen = found[random(found.length)];
  return chosen ? text.slice(0, chosen.index) + word + text.slice(chosen.index + chosen[0].length) : text + word;
}

function swapLines(text: string, random: Random): string {
  const lines = text.split('\n');
  const [a, b] = [random(lines.length), random(lines.length)];
  [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  return lines.join('\n');
}
