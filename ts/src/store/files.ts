/** The files of a stage's folder. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfFile } from './digest.ts';

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

/** Whether two folders have the same files with the same content. */
export async function isSameFolder(one: string, other: string): Promise<boolean> {
  const sizes = await fileSizes(other);
  if (JSON.stringify(sizes) !== JSON.stringify(await fileSizes(one))) return false;
  const digests: Record<string, string> = {};
  for (const name of Object.keys(sizes)) digests[name] = await digestOfFile(join(other, name));
  return isSameContent(one, digests);
}

/** Whether a folder has the files with these digests and no others. */
export async function isSameContent(
  folder: string,
  digests: Readonly<Record<string, string>> | undefined,
): Promise<boolean> {
  const names = (await readdir(folder)).sort();
  if (!digests || names.join('/') !== Object.keys(digests).sort().join('/')) return false;
  for (const name of names) if ((await digestOfFile(join(folder, name))) !== digests[name]) return false;
  return true;
}
