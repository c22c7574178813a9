import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkConfig } from './config.ts';
import { mutated, randomFrom } from './mutate.ts';

const SEEDS = join(import.meta.dirname, 'seeds');
const seeds = readdirSync(SEEDS).map((name) => ({ name, text: readFileSync(join(SEEDS, name), 'utf8') }));

describe('seeds and findings of the past hold what must hold for any configuration', () => {
  test.each(seeds)('$name', ({ text }) => {
    expect(checkConfig(text)).not.toBe('');
  });
});

test('so do small changes to them; scripts/fuzz looks at many more', () => {
  const random = randomFrom(20_201_225);
  const texts = seeds.map(({ text }) => text);
  for (let count = 0; count < 400; count += 1) {
    const text = mutated(texts[random(texts.length)] ?? '', texts, random);
    try {
      checkConfig(text);
    } catch (error) {
      throw new Error(`not held by ${JSON.stringify(text)}`, { cause: error });
    }
  }
});
