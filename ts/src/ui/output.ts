import { EVENT_VERSION } from '../events.ts';
import { type Column, table } from './format.ts';
import { type Paint, paint } from './paint.ts';
import { visible, visibleJson } from './visible.ts';

/** A part of a line in a style of its own. */
export interface Styled {
  readonly style: keyof Paint;
  readonly text: string;
}

/** Where results go: text for people, or with `--json` one object a line for programs. */
export class Output {
  readonly json: boolean;
  readonly #paint: Paint;
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void, options: { json: boolean; color: boolean }) {
    this.#write = write;
    this.json = options.json;
    this.#paint = paint(options.color && !options.json);
  }

  /** A line of text, as a whole or in parts, of which nothing steers a terminal but the styles; nothing with `--json`. */
  line(...parts: readonly (string | Styled)[]): void {
    if (this.json) return;
    const shown = parts.map((part) =>
      typeof part === 'string' ? visible(part) : this.#paint[part.style](visible(part.text)),
    );
    this.#write(`${shown.join('')}\n`);
  }

  /** A table with an indent; nothing with `--json`. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[], indent = ''): void {
    const [head = '', ...body] = table(columns, rows);
    this.line(indent, { style: 'bold', text: head });
    for (const line of body) {
      this.line(indent + line);
    }
  }

  /** A result for programs, `{"v":1,"event":"result","kind":…,"data":…}`; nothing without `--json`. */
  result(kind: string, data: unknown): void {
    if (this.json) {
      const result = { v: EVENT_VERSION, time: new Date().toISOString(), event: 'result', kind, data };
      this.#write(`${visibleJson(JSON.stringify(result))}\n`);
    }
  }

  /** JSON that is the result itself, such as a schema: written in every mode. */
  document(value: unknown): void {
    this.#write(`${visibleJson(JSON.stringify(value, null, 2))}\n`);
  }
}
