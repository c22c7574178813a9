/** The page as text: what stands in it for each kind of run, and that texts from data stay texts. */

import { describe, expect, test } from 'vitest';
import type { ReportData } from '../../src/report/data.ts';
import { drawSvg } from '../../src/report/figure.ts';
import { html } from '../../src/report/html.ts';
import { reportPage } from '../../src/report/page.ts';
import { SECTIONS } from '../../src/report/sections.ts';
import { failedReport, HOSTILE, largeReport, preprocessReport, wholeReport } from './fixture.ts';

const sectionsOf = (page: string) => [...page.matchAll(/<section id="([a-z]+)"/g)].map((match) => match[1]);
const plotless = (data: ReportData) => reportPage(data, async () => '<svg></svg>');

describe('the sections of a page', () => {
  test('of a whole run: all but the race, in the order of the registry', async () => {
    const page = await plotless(wholeReport());
    expect(sectionsOf(page)).toEqual(SECTIONS.map(({ id }) => id).filter((id) => id !== 'race'));
    for (const id of sectionsOf(page)) expect(page).toContain(`<a href="#${id}">`);
  });

  test('of a run that only preprocessed', async () => {
    const page = await plotless(preprocessReport());
    expect(sectionsOf(page)).toEqual(['problems', 'data', 'recipe', 'vocabulary', 'resources', 'lineage', 'repeat']);
    expect(page).toContain('nlpflow preprocess 20261124-031834-ab2c');
  });

  test('of a run that failed at once: why, and what could not be read', async () => {
    const page = await plotless(failedReport());
    expect(sectionsOf(page)).toEqual(['problems', 'recipe', 'resources', 'lineage', 'repeat']);
    expect(page).toContain('UNCLOSED_QUOTE');
    expect(page).toContain('plan.json: it is not JSON');
    expect(page).toContain('--store s3://bucket/prefix');
  });

  test('of a single configuration: no plots of a grid', async () => {
    const page = await plotless(wholeReport({ grid: {} }));
    expect(page).toContain('A single configuration');
    expect(page).not.toContain('Each parameter by itself');
  });

  test('of two hundred configurations: the best at once, the others folded, failures counted by reason', async () => {
    const page = await plotless(largeReport());
    expect(page).toContain('The other 180');
    expect(page.match(/<b>selected<\/b>/g)).toHaveLength(1);
    expect(page.match(/<b class="bad">incomplete<\/b>/g)).toHaveLength(3);
    expect(page).toContain('3 tasks failed');
    expect(page).not.toContain('<section id="race"');
  });

  test('of a race: who was given up when', async () => {
    const data = wholeReport();
    const results = (data.record.results ?? []).map((row) =>
      row.configuration === 'cfg03' ? { ...row, n: 2, complete: false } : row,
    );
    const page = await plotless({ ...data, record: { ...data.record, results } });
    expect(page).toContain('1 configuration of 8 was given up before the last fold.');
    expect(page).toContain('cfg03 after 2 folds');
  });
});

test('where a run came from: commit, changes and the command line', async () => {
  const data = wholeReport();
  const lineage = {
    environment: {},
    config_sha256: null,
    argv: ['run', "it's.yaml", '--grid', 'trees=1,2'],
    git: { commit: 'abc123', branch: 'main', dirty: true },
  };
  const page = await plotless({ ...data, record: { ...data.record, lineage } as ReportData['record'] });
  expect(page).toContain('<code>abc123</code>, with changes that were not committed');
  expect(page).toContain('nlpflow run &#39;it&#39;\\&#39;&#39;s.yaml&#39; --grid trees=1,2');
});

describe('texts from data', () => {
  test('are escaped by the template, in elements and in attributes', () => {
    expect(html`<a title="${HOSTILE[1]}">${[HOSTILE[0], 1, null]}</a>`.text).toBe(
      '<a title="&quot;&gt;&lt;img src=x onerror=alert(1)&gt;">&lt;script&gt;document.title=&quot;broken&quot;&lt;/script&gt;1</a>',
    );
  });

  test('never become elements, and no address is loaded', async () => {
    const page = await reportPage(wholeReport(), drawSvg);
    expect(page).not.toMatch(/<script|<img|<iframe|<object|<embed|<base|<form/i);
    expect(page.match(/<style>/g)).toHaveLength(1);
    expect(page).not.toMatch(/<[^>"]*("[^"]*"[^>"]*)*\s(src|srcset|on[a-z]+)=/i);
    expect(page).not.toMatch(/url\((?!#)/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(page).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/);
    const links = [...page.matchAll(/\bhref="([^"]*)"/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !link.startsWith('#') && link !== 'data:,')).toEqual([]);
  });

  test('do not tell where on a machine the table was', async () => {
    expect(await plotless(wholeReport())).not.toContain('/somewhere/on/this/machine');
  });
});

test('the same data give the same page', async () => {
  expect(await reportPage(wholeReport(), drawSvg)).toBe(await reportPage(wholeReport(), drawSvg));
});

test('plots follow the colours of the page and scale with it', async () => {
  const page = await reportPage(wholeReport(), drawSvg);
  const plots = page.match(/<svg xmlns[^>]*>/g) ?? [];
  expect(plots.length).toBeGreaterThan(10);
  for (const plot of plots)
    expect(plot).toMatch(/^<svg xmlns="[^"]*" viewBox="[\d .]+" aria-hidden="true" focusable="false">$/);
  const colors = new Set(
    [...page.slice(page.indexOf('<body>')).matchAll(/\b(?:fill|stroke)="([^"]*)"/g)].map((match) => match[1]),
  );
  expect([...colors].filter((color) => !/^(none|transparent|var\(--[a-z0-9]+\))$/.test(color ?? ''))).toEqual([]);
});
