import { EVENT_VERSION } from '../events.ts';
import { type Column, table } from './format.ts';
import { type Paint, paint } from './paint.ts';

/** Where results go: text for people, or with `--json` one object a line for programs. */
export class Output {
  readonly json: boolean;
  readonly paint: Paint;
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void, options: { json: boolean; color: boolean }) {
    this.#write = write;
    this.json = options.json;
    this.paint = paint(options.color && !options.json);
  }

  /** A line of text; nothing with `--json`. */
  line(text = ''): void {
    if (!this.json) {
      this.#write(`${text}\n`);
    }
  }

  /** A table with an indent; nothing with `--json`. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[], indent = ''): void {
    const [head = '', ...body] = table(columns, rows);
    this.line(indent + this.paint.bold(head));
    for (const line of body) {
      this.line(indent + line);
    }
  }

  /** A result for programs, `{"v":1,"event":"result","kind":…,"data":…}`; nothing without `--json`. */
  result(kind: string, data: unknown): void {
    if (this.json) {
      this.#write(
        `${JSON.stringify({ v: EVENT_VERSION, time: new Date().toISOString(), event: 'result', kind, data })}\n`,
      );
    }
  }

  /** Text that is the result itself, such as a JSON schema: written as it is in every mode. */
  raw(text: string): void {
    this.#write(text);
  }
}
