/** A program that sends an artifact to a store and fetches it again, and says how much memory it took. */

/** What the program prints. */
export interface LargeReport {
  readonly isSame: boolean;
  /** Bytes done, each time that it was told. */
  readonly progress: readonly number[];
  /** Memory of the process at its peak. */
  readonly peakBytes: number;
  readonly sendSeconds: number;
  readonly fetchSeconds: number;
}

/** Takes the store's URL and the size in MiB; NLPFLOW_CACHE must name an empty folder. */
export const LARGE_PROGRAM = `
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
const [url, mib] = process.argv.slice(2);
const key = 'e'.repeat(64);
const digest = async (path) => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
};
const staging = await (await openStore(url)).begin('features', key);
const path = join(staging.path, 'matrix.arrow');
const file = await open(path, 'w');
for (let block = 0; block < Number(mib); block += 1) {
  const bytes = Buffer.alloc(1 << 20, createHash('sha512').update(String(block)).digest());
  await file.write(bytes);
}
await file.close();
const before = await digest(path);
const progress = [];
const began = performance.now();
await staging.commit({ stage: 'features', key, explain: {}, summary: null }, ({ done }) => progress.push(done));
const sent = performance.now();
await rm(join(process.env.NLPFLOW_CACHE, 'objects', 'entries'), { recursive: true });
const folder = await (await openStore(url)).folder('features', key);
const fetched = performance.now();
const isSame = (await digest(join(folder, 'matrix.arrow'))) === before;
const seconds = (milliseconds) => Math.round(milliseconds) / 1000;
process.stdout.write(JSON.stringify({
  isSame, progress, peakBytes: process.resourceUsage().maxRSS * 1024, sendSeconds: seconds(sent - began), fetchSeconds: seconds(fetched - sent),
}));
`;
