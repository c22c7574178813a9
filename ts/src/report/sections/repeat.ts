import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { ReportData } from '../data.ts';
import { html } from '../html.ts';
import { folded } from '../layout.ts';
import { originOf } from '../origin.ts';
import type { Section } from '../section.ts';

/** How to do it again. */
export const repeat: Section = {
  id: 'repeat',
  title: 'How to repeat it',
  render: ({ record, storeFlag }) => {
    const command = record.until === 'fit' ? 'run' : record.until;
    const commands = [
      `nlpflow ${command} ${record.id}${storeFlag}`,
      `nlpflow ${command} ${record.id} --fresh${storeFlag}`,
    ];
    const { argv } = originOf(record);
    return [
      html`<p>With the store at hand, from the configuration of this run; what is there is reused, and the second line computes everything again. Same
        data and configuration give the same bytes, whatever the number of workers.</p><pre tabindex="0" aria-label="Commands">${commands.join('\n')}</pre>`,
      html`<p>Without the store: save the configuration below as <code>nlpflow.yaml</code> beside ${basename(record.config.data.source)} and start
        <code>nlpflow ${command} nlpflow.yaml</code>${record.config_path === null ? '' : html` (the run was started with <code>${record.config_path}</code>)`}.</p>`,
      ...(argv && argv.length > 0
        ? [html`<p>The command line was <code>nlpflow ${argv.map(quoted).join(' ')}</code>.</p>`]
        : []),
      folded('The whole configuration', html`<pre tabindex="0" aria-label="Configuration">${yaml(record)}</pre>`),
    ];
  },
};

/** An argument as a shell takes it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

function yaml({ config }: ReportData['record']): string {
  const portable = { ...config, data: { ...config.data, source: basename(config.data.source) } };
  return stringify(portable, { flowCollectionPadding: false, lineWidth: 90 }).trimEnd();
}
