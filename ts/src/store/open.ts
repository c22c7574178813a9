/** From a store's name to a store: a new kind of store adds its line here. */

import { NlpflowError } from '../errors.ts';
import { openFolderStore } from './folder.ts';
import type { Store } from './store.ts';

/** Opens the store that a path or URL names. */
export function openStore(url: string): Store {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(url)) {
    throw new NlpflowError(
      'STORE_UNSUPPORTED',
      `the store ${url} is of a kind that this nlpflow does not know; give a folder`,
    );
  }
  return openFolderStore(url);
}
