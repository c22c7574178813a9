/** Tables as bytes of a file. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTable } from './binding.ts';

/** An Arrow IPC stream as the bytes of a file; its name's extension chooses the format. Written by the native side, so that the bytes depend on the values alone. */
export async function tableBytes(ipc: Uint8Array, name: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'nlpflow-table-'));
  try {
    const path = join(folder, name);
    await writeTable(ipc, path);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
