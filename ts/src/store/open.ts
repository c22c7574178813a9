/** From a store's name to a store: a new kind of store adds its line here. */

import { NlpflowError } from '../errors.ts';
import { openFolderStore } from './folder.ts';
import type { Store } from './store.ts';

/** How stores with a URL are opened, by its scheme; loaded only when one is named, since the AWS SDK takes its time. */
const SCHEMES: Readonly<Record<string, (url: string) => Promise<Store>>> = {
  s3: async (url) => (await import('./s3/store.ts')).openS3Store(url),
};

/** Opens the store that a path or URL names. */
export async function openStore(url: string): Promise<Store> {
  const scheme = schemeOf(url);
  if (scheme === undefined) return openFolderStore(url);
  const open = SCHEMES[scheme];
  if (open) return open(url);
  throw new NlpflowError(
    'STORE_UNSUPPORTED',
    `the store ${url} is of a kind that this nlpflow does not know; give a folder or s3://BUCKET/PREFIX`,
  );
}

/** The scheme of a URL, or undefined for a path. */
export function schemeOf(url: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(url)?.[1]?.toLowerCase();
}
