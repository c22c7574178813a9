/** Command lines that a person copies: every word arrives as it was, and nothing in it is run. */

import { visibleLine } from './visible.ts';

/** What no shell reads as anything but itself; `=` and `~` in front have a meaning for some. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;

/** A word as bash, zsh and their like read it back. */
export function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (visibleLine(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  // What steers a terminal must not be printed: octal escapes of the bytes, which bash 3.2 knows, too.
  const parts = [...word].map((character) => {
    if (character === "'" || character === '\\') return `\\${character}`;
    return visibleLine(character) === character ? character : octal(character);
  });
  return `$'${parts.join('')}'`;
}

/** A folder as `cd` takes it: no option, no `-`, and not looked for in CDPATH. */
export function shellFolder(path: string): string {
  return shellWord(/^(\/|\.{1,2}(\/|$))/.test(path) ? path : `./${path}`);
}

function octal(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
