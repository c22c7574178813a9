/** The pieces that sections are built of: facts, tables, folded parts. */

import { type Html, html, type Part } from './html.ts';

/** A column of a table; numbers line up on the right. */
export interface TableColumn {
  readonly title: string;
  readonly right?: boolean;
}

/** A table with more columns does not fit a narrow screen. */
const NARROW_COLUMNS = 4;

/** Names and values. */
export function facts(pairs: readonly (readonly [name: string, value: Part] | undefined)[]): Html {
  const rows = pairs
    .filter((pair) => pair !== undefined)
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return html`<dl class="facts">${rows}</dl>`;
}

/**
 * A table. On a narrow screen each row becomes a block that names its values, so that nothing has to be scrolled
 * sideways; the roles say what the elements are even then.
 */
export function table(
  caption: Part,
  columns: readonly TableColumn[],
  rows: readonly { readonly cells: readonly Part[]; readonly marked?: boolean }[],
): Html {
  const head = columns.map(
    ({ title, right }) =>
      html`<th scope="col" role="columnheader"${right === true ? html` class="right"` : ''}>${title}</th>`,
  );
  const body = rows.map(({ cells, marked }) => {
    const shown = cells.map((cell, index) => {
      const { title = '', right } = columns[index] ?? {};
      const attributes = html` data-title="${title}"${right === true ? html` class="right"` : ''}`;
      return index === 0
        ? html`<th scope="row" role="rowheader"${attributes}>${cell}</th>`
        : html`<td role="cell"${attributes}>${cell}</td>`;
    });
    return html`<tr role="row"${marked === true ? html` class="marked"` : ''}>${shown}</tr>`;
  });
  const wide = columns.length > NARROW_COLUMNS ? html` class="wide"` : '';
  return html`<table role="table"${wide}><caption>${caption}</caption><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">${body}</tbody></table>`;
}

/** A part that is shown when it is asked for, and on paper. */
export function folded(summary: Part, content: Part): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}

/** What colours mean: a short line in each colour and its words. */
export function colorKey(
  entries: readonly { readonly color: string; readonly words: Part; readonly dash?: string }[],
): Html {
  const items = entries.map(
    ({ color, words, dash }) =>
      html`<li><svg viewBox="0 0 22 10" width="22" height="10" aria-hidden="true" focusable="false"><path d="M0 5H22" stroke="${color}" stroke-width="4" stroke-dasharray="${dash ?? 'none'}"/></svg> <span>${words}</span></li>`,
  );
  return html`<ul class="key">${items}</ul>`;
}

/** Settings in words: `tree_depth 6, learn_rate 0.1`; those of a part of it stand in parentheses. */
export function settings(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${setting(value)}`.trimEnd())
    .join(', ');
}

function setting(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(' ');
  return typeof value === 'object' && value !== null ? parenthesised(settings({ ...value })) : String(value);
}

function parenthesised(text: string): string {
  return text === '' ? '' : `(${text})`;
}

/** A share as a percentage, in one piece. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}
