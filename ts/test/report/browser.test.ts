/** The page in a real browser: nothing is requested, nothing is cut off, and it can be read by keyboard, in the dark and on paper. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawSvg } from '../../src/report/figure.ts';
import { reportPage } from '../../src/report/page.ts';
import { CHROMIUM, launch } from './chromium.ts';
import { failedReport, largeReport, preprocessReport, wholeReport } from './fixture.ts';
import { cutOff, focused, ink, overlapping, pale, unfold } from './inspect-page.mjs';

const REPORTS = {
  'a whole run': wholeReport(),
  'a single configuration': wholeReport({ grid: {} }),
  'two hundred configurations': largeReport(),
  'a run that only preprocessed': preprocessReport(),
  'a run that failed at once': failedReport(),
};
const WIDTHS = [400, 1400];
const SCHEMES = ['light', 'dark'] as const;

if (CHROMIUM === undefined) {
  test.skip('skipped: there is no Chromium on this machine; apt-get install chromium brings it', () => {});
}

describe.skipIf(CHROMIUM === undefined)('the report in a browser', () => {
  let browser: Browser;
  let folder: string;
  const urls = new Map<string, string>();

  beforeAll(async () => {
    [browser, folder] = await Promise.all([launch(), mkdtemp(join(tmpdir(), 'nlpflow-test-'))]);
    for (const [index, [name, data]] of Object.entries(REPORTS).entries()) {
      const path = join(folder, `${index}.html`);
      await writeFile(path, await reportPage(data, drawSvg));
      urls.set(name, pathToFileURL(path).href);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a report without a network; `seen` collects what must not happen. */
  async function open(
    name: string,
    width: number,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<{ page: Page; seen: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, offline: true });
    const url = urls.get(name) ?? '';
    const seen: string[] = [];
    page.on('console', (message) => seen.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => seen.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => seen.push(`dialog: ${dialog.message()}`));
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) seen.push(`request: ${request.url()}`);
    });
    await page.goto(url, { waitUntil: 'load' });
    return { page, seen };
  }

  const CASES = Object.keys(REPORTS).flatMap((name) =>
    WIDTHS.flatMap((width) => SCHEMES.map((scheme) => ({ name, width, scheme }))),
  );

  test.each(CASES)(
    '$name at $width px, $scheme: no request, nothing cut off, enough contrast',
    async ({ name, width, scheme }) => {
      const { page, seen } = await open(name, width, scheme);
      await page.evaluate(unfold);
      expect(await page.evaluate(cutOff)).toEqual([]);
      expect(await page.evaluate(overlapping)).toEqual([]);
      expect(await page.evaluate(pale)).toEqual([]);
      expect(seen).toEqual([]);
      expect(await page.title()).not.toBe('broken');
      await page.close();
    },
  );

  test('the inspection finds what is wrong', async () => {
    const page = await browser.newPage({ viewport: { width: 400, height: 900 } });
    await page.setContent(`<body style="background: #fff"><p style="color: #bbb">pale</p><p style="width: 900px">${'wide '.repeat(90)}</p>
      <p style="width: 50px; overflow: hidden; white-space: nowrap">a box that is too small</p>
      <figure><svg viewBox="0 0 100 50" width="100"><text x="90" y="20">outside</text><text x="5" y="40">one</text><text x="9" y="41">other</text></svg></figure>`);
    const found: string[] = await page.evaluate(cutOff);
    for (const what of ['the page is', 'box too small', 'beside the screen', 'outside of its drawing']) {
      expect(
        found.some((one) => one.startsWith(what)),
        what,
      ).toBe(true);
    }
    expect(await page.evaluate(overlapping)).toEqual(['one and other']);
    expect(await page.evaluate(pale)).toEqual(['1.9: P null "pale"']);
    await page.close();
  });

  test('by keyboard: skip link, sections, folded parts', async () => {
    const { page } = await open('two hundred configurations', 1400);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(focused)).toMatchObject({ className: 'skip', isSeen: true });
    await page.keyboard.press('Enter');
    expect(await page.evaluate(focused)).toMatchObject({ id: 'main' });
    // From the main part on, the next stops are what can be opened or read there.
    const stops: string[] = [];
    for (let stop = 0; stop < 6; stop += 1) {
      await page.keyboard.press('Tab');
      stops.push((await page.evaluate(focused)).tag);
    }
    expect(stops).toContain('SUMMARY');
    await page.locator('summary', { hasText: 'The other 180' }).focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details[open] caption').first().innerText()).toBe('Configurations from place 21 on');
    await page.close();
  });

  test('for screen readers: landmarks, headings in order, named plots and tables', async () => {
    const { page } = await open('a whole run', 400);
    for (const role of ['banner', 'navigation', 'main', 'contentinfo'] as const) {
      expect(await page.getByRole(role).count(), role).toBe(1);
    }
    const levels = await page
      .locator('h1, h2, h3')
      .evaluateAll((headings) => headings.map(({ tagName }) => Number(tagName[1])));
    expect(levels[0]).toBe(1);
    for (const [index, level] of levels.slice(1).entries()) expect(level - (levels[index] ?? 0)).toBeLessThanOrEqual(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    const plots = await page.locator('figure').count();
    expect(await page.getByRole('img').count()).toBe(plots);
    const names = await page
      .getByRole('img')
      .evaluateAll((images) => images.map((image) => image.getAttribute('aria-label') ?? ''));
    expect(names.filter((name) => name.length < 20)).toEqual([]);
    expect(await page.locator('table:not(:has(caption))').count()).toBe(0);
    // Narrow tables are laid out as blocks and must stay tables.
    expect(
      await page
        .getByRole('table', { name: /by rmse over 5 folds/ })
        .getByRole('row')
        .count(),
    ).toBe(9);
    await page.close();
  });

  test('on paper: light, without navigation, with the folded parts', async () => {
    const { page } = await open('a whole run', 800, 'dark');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate(ink)).toBe('rgb(27, 31, 36)');
    expect(await page.locator('nav').isVisible()).toBe(false);
    expect(await page.locator('details pre').isVisible()).toBe(true);
    expect(await page.evaluate(pale)).toEqual([]);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    await page.close();
  });
});
