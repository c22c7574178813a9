import { basename } from 'node:path';
import { bytes } from '../../ui/format.ts';
import { html } from '../html.ts';
import { facts, table } from '../layout.ts';
import { originOf } from '../origin.ts';
import type { Section } from '../section.ts';

/** Where the result comes from: data, code, versions, and the keys of what was made. */
export const lineage: Section = {
  id: 'lineage',
  title: 'Lineage',
  render: ({ record }) => {
    const { git } = originOf(record);
    const versions = Object.entries(record.versions).map(([name, version]) => `${name} ${version}`);
    const keys = Object.entries(record.keys).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return [
      facts([
        ['run', html`<code>${record.id}</code>`],
        [
          'data',
          html`${basename(record.config.data.source)}, ${bytes(record.data.bytes)}, SHA-256 <code>${record.data.digest}</code>`,
        ],
        git?.commit === undefined
          ? undefined
          : [
              'git',
              html`<code>${git.commit}</code>${git.dirty === true ? ', with changes that were not committed' : git.dirty === false ? ', nothing changed since' : ''}`,
            ],
        ['versions', versions.join(', ')],
        ['seeds', `split ${record.config.split.seed}, folds ${record.config.tune.seed}`],
        ['machine', record.process.host],
      ]),
      keys.length > 0
        ? table(
            'Keys of the results in the store: each is a digest of all that decides the result',
            [{ title: 'result' }, { title: 'key' }],
            keys.map(([name, key]) => ({ cells: [name, html`<code>${key}</code>`] })),
          )
        : html``,
    ];
  },
};
