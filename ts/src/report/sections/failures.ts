import { brief, count, plural } from '../../ui/format.ts';
import { type Html, html } from '../html.ts';
import { folded, table } from '../layout.ts';
import type { Section } from '../section.ts';

/** Reasons that are told in full; the tasks of each are counted. */
const SHOWN = 10;

/** What ended the run, tasks that failed, warnings, and what this report could not read. */
export const failures: Section = {
  id: 'problems',
  title: 'Warnings and failures',
  render: ({ record, timeline, unreadable }) => {
    const blocks: Html[] = [];
    if (record.error) {
      blocks.push(
        html`<p class="verdict bad">The run ended with ${record.error.code}: ${brief(record.error.message, 6)}</p>`,
      );
    }
    if (record.failures.length > 0) {
      const reasons = grouped(record.failures, ({ code, message }) => `${code}: ${brief(message, 2)}`);
      const rows = [...reasons].slice(0, SHOWN).map(([reason, tasks]) => ({
        cells: [reason, count(tasks.length), tasks[0]?.label ?? ''],
      }));
      const more = reasons.size - rows.length;
      blocks.push(
        table(
          `${plural(record.failures.length, 'task')} failed; configurations that need ${record.failures.length === 1 ? 'it' : 'them'} cannot be selected`,
          [{ title: 'reason' }, { title: 'tasks', right: true }, { title: 'the first' }],
          rows,
        ),
        more > 0 ? html`<p>${plural(more, 'more reason')} in run.json.</p>` : html``,
      );
    }
    const warnings = [...new Set(timeline?.warnings ?? [])];
    if (warnings.length > 0) {
      const list = html`<ul>${warnings.slice(0, 50).map((message) => html`<li>${message}</li>`)}</ul>`;
      blocks.push(warnings.length <= 3 ? list : folded(plural(warnings.length, 'warning'), list));
    }
    if (unreadable.length > 0) {
      blocks.push(
        html`<p>This report lacks what could not be read:</p><ul>${unreadable.map((what) => html`<li>${what}</li>`)}</ul>`,
      );
    }
    return blocks.length === 0 ? undefined : blocks;
  },
};

function grouped<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return groups;
}
