/** Numbers, times, paths and tables as people read them. Pure functions; nothing here prints. */

import { relative } from 'node:path';
import { visibleLine } from './visible.ts';

/** 63666 → `63,666`. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** `1 task`, `40 tasks`. */
export function plural(value: number, noun: string, many = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : many}`;
}

/** A metric's value with five significant digits; `-` where there is none. */
export function metric(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return '-';
  }
  const size = Math.abs(value);
  if (size === 0) {
    return '0';
  }
  if (size < 1e-4 || size >= 1e9) {
    return value.toExponential(3);
  }
  return size >= 1e5 ? String(Math.round(value)) : value.toPrecision(5);
}

/** 83.4 → `1 min 23 s`; below ten seconds with one decimal. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) {
    return '?';
  }
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes in binary units: `1.5 GiB`. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** How long ago a moment was: `just now`, `5 min ago`, `3 days ago`. */
export function age(then: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000);
  if (seconds < 60) {
    return 'just now';
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ago`;
  }
  if (seconds < 86_400) {
    return `${plural(Math.floor(seconds / 3600), 'hour')} ago`;
  }
  return `${plural(Math.floor(seconds / 86_400), 'day')} ago`;
}

/** A column of a table: its heading, and whether its cells line up on the right as numbers do. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

/** Lines of a table with two blanks between the columns; the first line holds the headings. A cell has one line. */
export function table(columns: readonly Column[], content: readonly (readonly string[])[]): string[] {
  const rows = content.map((row) => row.map(visibleLine));
  const widths = columns.map(({ title }, index) =>
    Math.max(width(title), ...rows.map((row) => width(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ right }, index) => {
        const cell = cells[index] ?? '';
        const blanks = ' '.repeat((widths[index] ?? 0) - width(cell));
        return right === true ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}

/** Cuts a text to a number of terminal cells. */
export function clip(text: string, cells: number): string {
  if (width(text) <= cells) {
    return text;
  }
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (width(kept + segment) > cells - 1) {
      break;
    }
    kept += segment;
  }
  return `${kept}…`;
}

/** The first lines of a message, such as a library's that carries its stack along. */
export function brief(message: string, lines = 3): string {
  const all = message.trimEnd().split('\n');
  return all.length <= lines ? all.join('\n') : `${all.slice(0, lines).join('\n')} …`;
}

/** Breaks a text at blanks into lines of a width. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** Terminal cells that a text without control sequences takes: East Asian wide characters take two, marks none. */
export function width(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) {
    return text.length;
  }
  let cells = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    cells += /^[\p{Mark}\p{Cf}]+$/u.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1;
  }
  return cells;
}

const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** A path relative to the current folder where that is shorter to read; a URL as it is. */
export function shorter(path: string, cwd: string): string {
  if (/^[a-z0-9]+:\/\//.test(path)) return path;
  const short = relative(cwd, path);
  return short !== '' && !short.startsWith('..') && short.length < path.length ? short : path;
}
