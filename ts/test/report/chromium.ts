/** The browser of the tests: Debian's Chromium, or the one that NLPFLOW_CHROMIUM names. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Path of the browser, or undefined where there is none. */
export const CHROMIUM = process.env['NLPFLOW_CHROMIUM'] ?? found();

if (CHROMIUM === undefined && process.env['NLPFLOW_REQUIRE_CHROMIUM']) {
  throw new Error('NLPFLOW_REQUIRE_CHROMIUM is set and there is no Chromium: apt-get install chromium');
}

/** Starts it without a window, and without the requests that it makes by itself. */
export function launch(): Promise<Browser> {
  const quiet = ['quic', 'background-networking', 'component-update', 'sync'].map((what) => `--disable-${what}`);
  return chromium.launch({
    ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet],
  });
}

function found(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
