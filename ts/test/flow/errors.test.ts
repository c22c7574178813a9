import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { asNlpflowError, EXIT_OF_CODE, NlpflowError } from '../../src/errors.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

function sources(folder: string, extension: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

/** All matches of a pattern's group `code`. */
function codes(texts: string[], pattern: RegExp): string[] {
  return [
    ...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match.groups?.['code'] ?? ''))),
  ];
}

test('every error code of the crates and of the sources has its exit code', () => {
  const native = codes(sources('crates', 'error.rs'), /=> "(?<code>[A-Z][A-Z0-9_]+)"/g);
  const own = codes(sources('ts/src', '.ts'), /new NlpflowError\(\s*'(?<code>[A-Z][A-Z0-9_]+)'/g);
  expect(native.length).toBeGreaterThan(30);
  expect(own.length).toBeGreaterThan(10);
  expect([...native, ...own].filter((code) => !EXIT_OF_CODE.has(code))).toEqual([]);
});

test('an error of any kind becomes ours once', () => {
  const own = new NlpflowError('USAGE', 'wrong', { details: ['because'] });
  expect(asNlpflowError(own)).toBe(own);
  expect(own.exitCode).toBe(2);
  const foreign = asNlpflowError(new RangeError('too far'));
  expect(foreign).toMatchObject({ code: 'INTERNAL', message: 'too far', exitCode: 1 });
  expect(foreign.cause).toBeInstanceOf(RangeError);
  expect(asNlpflowError('text')).toMatchObject({ code: 'INTERNAL', message: 'text' });
});

test('a code that nobody knows is a defect', () => {
  expect(new NlpflowError('SOMETHING_NEW', '').exitCode).toBe(1);
});
