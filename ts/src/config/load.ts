import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { NlpflowError } from '../errors.ts';
import { ConfigDocument } from './document.ts';

/** A configuration file as it was read: not checked yet. */
export interface LoadedConfig {
  readonly document: ConfigDocument;
  /** Absolute path of the file. */
  readonly path: string;
  /** Folder that relative paths inside the file start from. */
  readonly base: string;
  /** Name of a run that nobody names: the configuration's folder. */
  readonly name: string;
}

/** Reads a YAML file; `given` is the path as the user wrote it, which messages repeat. */
export async function loadConfig(given: string, cwd: string): Promise<LoadedConfig> {
  const path = resolve(cwd, given);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing ? 'there is no such file' : (cause as Error).message;
    throw new NlpflowError(
      'CONFIG_NOT_FOUND',
      `${given}: ${why}; nlpflow init DATA writes a configuration for a table`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new NlpflowError('CONFIG_INVALID', `${given}: the file is not UTF-8 text; a configuration is YAML`);
  }
  const base = dirname(path);
  return { document: ConfigDocument.parse(text, given), path, base, name: basename(base) || 'run' };
}
