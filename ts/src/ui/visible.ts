/** The one way of data to a terminal or a log: what would steer it is shown as an escape instead. */

/**
 * C0 and C1 controls, DEL, and the characters that turn the direction of text or end a line: a table may hold any of them,
 * and a terminal would obey.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A text of one or more lines that a terminal shows and never obeys; line ends and tabs stay. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(STEERING, (found) => (/[\n\t]/.test(found) ? found : escaped(found)));
}

/** The same for a text that has one line, such as a cell of a table. */
export function visibleLine(text: string): string {
  return text.replace(STEERING, escaped);
}

/** A value like that of an event or a summary, with all of its texts visible. */
export function visibleTexts<Value>(value: Value): Value {
  if (typeof value === 'string') return visible(value) as Value;
  if (Array.isArray(value)) return value.map(visibleTexts) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [visibleLine(name), visibleTexts(inner)]),
  ) as Value;
}

/** JSON text with the same meaning, of which no character steers a terminal: JSON itself escapes C0 controls only. */
export function visibleJson(json: string): string {
  return json.replace(STEERING, (found) => (found < ' ' ? found : unicodeEscape(found)));
}

const NAMED: Readonly<Record<string, string>> = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r' };

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return NAMED[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character));
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
