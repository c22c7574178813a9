import { styleText } from 'node:util';

/** The few styles that the display uses. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  accent(text: string): string;
}

type Style = Parameters<typeof styleText>[0];

/** Styles that do nothing unless `on`. */
export function paint(on: boolean): Paint {
  // The stream was asked already; Node 24 would ask stdout again.
  const style = (format: Style) => (text: string) =>
    on ? styleText(format, text, { validateStream: false } as never) : text;
  return {
    bold: style('bold'),
    dim: style('dim'),
    good: style('green'),
    bad: style('red'),
    warn: style('yellow'),
    accent: style('cyan'),
  };
}

/** Whether a stream gets colours: a terminal, unless NO_COLOR (no-color.org), a dumb terminal or the user says no. */
export function wantsColor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv, refused: boolean): boolean {
  const noColor = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return stream.isTTY === true && !noColor && env['TERM'] !== 'dumb' && !refused;
}
