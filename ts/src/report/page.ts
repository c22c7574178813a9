/** Puts the sections together: one page without scripts, without requests, readable by eye, by keyboard and on paper. */

import { constantOf } from '../runs/baseline.ts';
import { count, duration, metric } from '../ui/format.ts';
import type { ReportData } from './data.ts';
import { type Draw, type Figure, NARROW, WIDE } from './figure.ts';
import { Html, html, raw } from './html.ts';
import type { Block, Section } from './section.ts';
import { SECTIONS } from './sections.ts';
import { STYLE } from './style.ts';

/** Height of a plot where it does not say. */
const HEIGHT = 250;

/** Nothing may be loaded or run, whatever a token says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The report as the text of one HTML file; the same data give the same text. */
export async function reportPage(
  data: ReportData,
  draw: Draw,
  sections: readonly Section[] = SECTIONS,
): Promise<string> {
  const { record } = data;
  const present: { section: Section; content: Html }[] = [];
  for (const section of sections) {
    const blocks = section.render(data);
    if (blocks) present.push({ section, content: await content(blocks, draw) });
  }
  const links = present.map(({ section }) => html`<li><a href="#${section.id}">${section.title}</a></li>`);
  const parts = present.map(
    ({ section, content: inside }) =>
      html`<section id="${section.id}" aria-labelledby="${section.id}-title"><h2 id="${section.id}-title">${section.title}</h2>
${inside}</section>
`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="nlpflow ${record.versions['nlpflow']}">
<link rel="icon" href="data:,">
<title>${record.name}: run ${record.id}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>${record.name}</h1>
<p class="quiet">nlpflow run ${record.id}, ${record.status}${record.error ? `: ${record.error.message}` : ''}</p>
${keyNumbers(data)}
</header>
<nav aria-label="Sections"><ul>${links}</ul></nav>
<main id="main" tabindex="-1">
${parts}</main>
<footer><p>Made by nlpflow ${record.versions['nlpflow']} from the files of the run. The page needs no network.</p></footer>
</body>
</html>
`.text;
}

function keyNumbers({ record }: ReportData): Html {
  const { tune } = record.config;
  const { test, test_baseline, cv } = record.metrics ?? {};
  const numbers: (readonly [string, string] | undefined)[] = [
    test ? [metric(test[tune.metric]), `${tune.metric} on the test set`] : undefined,
    test
      ? [
          metric(test_baseline?.[tune.metric]),
          `${tune.metric} of always predicting the ${constantOf(record, tune.metric)}`,
        ]
      : undefined,
    cv ? [metric(cv[tune.metric]?.mean), `${tune.metric} in cross-validation`] : undefined,
    record.results
      ? [count(record.plan.configurations), record.plan.configurations === 1 ? 'configuration' : 'configurations']
      : undefined,
    [duration(record.seconds), 'in all'],
  ];
  const items = numbers.flatMap((pair) => (pair ? [html`<li><b>${pair[0]}</b> ${pair[1]}</li>`] : []));
  return html`<ul class="numbers">${items}</ul>`;
}

/** Words as they are; plots that follow each other side by side. */
async function content(blocks: readonly Block[], draw: Draw): Promise<Html> {
  const parts: Html[] = [];
  let figures: Html[] = [];
  const flush = () => {
    if (figures.length > 0) parts.push(html`<div class="plots">${figures}</div>\n`);
    figures = [];
  };
  for (const block of blocks) {
    if (block instanceof Html) {
      flush();
      parts.push(block);
    } else if (block.beside) {
      flush();
      parts.push(html`<div class="beside">${await figure(block, draw)}<div>${block.beside}</div></div>\n`);
    } else {
      figures.push(await figure(block, draw));
    }
  }
  flush();
  return html`${parts}`;
}

async function figure(
  { title, description, caption, key, spec, height = HEIGHT, wide = false }: Figure,
  draw: Draw,
): Promise<Html> {
  const narrow = raw(await draw(spec, NARROW, height));
  const drawings = wide
    ? html`<div class="drawn-narrow">${narrow}</div><div class="drawn-wide">${raw(await draw(spec, WIDE, height))}</div>`
    : narrow;
  return html`<figure${wide ? raw(' class="wide"') : ''}><p class="figure-title">${title}</p><div role="img" aria-label="${description}">${drawings}</div>${key}${
    caption === undefined ? '' : html`<figcaption>${caption}</figcaption>`
  }</figure>
`;
}
