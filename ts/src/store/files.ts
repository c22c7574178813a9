/** The files of a stage's folder. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Sizes in bytes of a folder's files, by their names in order. */
export async function fileSizes(folder: string): Promise<Record<string, number>> {
  const names = (await readdir(folder)).sort();
  const sizes = await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).size] as const));
  return Object.fromEntries(sizes);
}

/** Whether a folder has all these files, of these sizes. */
export async function hasFiles(folder: string, files: Readonly<Record<string, number>>): Promise<boolean> {
  const whole = Object.entries(files).map(async ([file, bytes]) => (await stat(join(folder, file))).size === bytes);
  return (await Promise.all(whole).catch(() => [false])).every(Boolean);
}
