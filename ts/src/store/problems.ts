/** Errors of the file system in words that say what to do. */

import { NlpflowError } from '../errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const CLOSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);

/** The system's error code (`ENOSPC`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** An error of a write into the store at `root` as ours; other errors come back as they are. */
export function storeProblem(error: unknown, root: string): unknown {
  if (error instanceof NlpflowError) return error;
  const code = systemCode(error);
  if (code === undefined) return error;
  if (FULL.has(code)) {
    return new NlpflowError(
      'DISK_FULL',
      `the disk that holds the store ${root} is full (${code}); make room or choose another store with --store, then start again: finished work is kept`,
      { cause: error },
    );
  }
  if (CLOSED.has(code)) {
    return new NlpflowError(
      'STORE_NOT_WRITABLE',
      `the store ${root} cannot be written (${code}); choose another folder with --store or change its permissions`,
      { cause: error },
    );
  }
  return error;
}

/** A file of a store that a newer nlpflow wrote. */
export function formatNewer(place: string, format: number, known: number): NlpflowError {
  return new NlpflowError(
    'STORE_FORMAT_NEWER',
    `${place} was written by a newer nlpflow (format ${format}, this one reads ${known}); update nlpflow or use another --store`,
  );
}

/** A stage's result that a store does not have. */
export function absentResult(place: string): NlpflowError {
  return new NlpflowError('ARTIFACT_NOT_FOUND', `${place} is not in the store; run the configuration again to make it`);
}

/** An object that a store does not have. */
export function absentObject(place: string): NlpflowError {
  return new NlpflowError('ARTIFACT_NOT_FOUND', `${place} is not in the store`);
}
