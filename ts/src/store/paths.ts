/** Paths of objects: relative, with slashes, and never out of the store. */

import { NlpflowError } from '../errors.ts';

/** The path itself when it names a place inside the store; names may come from files that others wrote. */
export function checkedPath(path: string): string {
  const isInside = path !== '' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isInside && !/[\p{Cc}\\]/u.test(path)) return path;
  throw new NlpflowError(
    'STORE_PATH_INVALID',
    `"${path}" names no place inside a store: names joined by /, without . and ..`,
  );
}

/** A beginning of paths, for listings: empty, or of names that stay inside the store. */
export function checkedPrefix(prefix: string): string {
  const folders = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (folders !== '') checkedPath(folders.slice(0, -1));
  return prefix;
}
