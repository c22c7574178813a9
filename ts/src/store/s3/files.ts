/** Files to and from S3: in parts, a few at a time, with little memory whatever their size. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { NlpflowError } from '../../errors.ts';
import { digestOfFile } from '../digest.ts';
import type { Condition } from '../store.ts';
import { asTransferProblem, body, type S3Objects } from './objects.ts';
import { says, TransferProblem } from './problems.ts';

/** Size of a part, and of a range that is read at once; S3 wants at least 5 MiB. */
export const PART_BYTES = 8 << 20;
/** S3 takes at most 10,000 parts. */
const MOST_PARTS = 9_000;
/** Parts on their way at the same time: times the size of a part, this is the memory that a transfer needs. */
const AT_ONCE = 4;

/** Hears how many bytes of a transfer are done, ever more of them. */
export type BytesDone = (bytes: number) => void;

/**
 * Writes a file as an object; resolves to its etag, or to null when the condition failed. Throws `INPUT_CHANGED`, and writes
 * nothing, when the bytes that are sent do not have the digest.
 */
export async function upload(
  objects: S3Objects,
  path: string,
  file: string,
  digest: string,
  options: { condition?: Condition; done?: BytesDone } = {},
): Promise<string | null> {
  const { size } = await stat(file);
  const place = objects.place(path);
  const partSize = Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS));
  return objects.writing(path, digest, options.condition, async (headers) => {
    const stream = createReadStream(file, { highWaterMark: 1 << 20 });
    const sending = new Upload({
      client: objects.client,
      params: { ...place, ...headers, Body: Readable.from(checked(stream, file, digest), { objectMode: false }) },
      partSize,
      queueSize: AT_ONCE,
    });
    sending.on('httpUploadProgress', ({ loaded = 0 }) => options.done?.(loaded));
    try {
      const { ETag } = await sending.done();
      return { ETag };
    } finally {
      stream.destroy();
    }
  });
}

/** The bytes of a file; its end comes only when they had the digest, so that an upload of others is never finished. */
async function* checked(bytes: AsyncIterable<Buffer>, file: string, digest: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') === digest) return;
  throw new NlpflowError(
    'INPUT_CHANGED',
    `${file} changed while it was sent; wait until nothing writes to it, then give the command again`,
  );
}

/** Reads an object into a file and checks it; false when it is not there. `digest` is what the content must have, where that is known. */
export function download(
  objects: S3Objects,
  path: string,
  file: string,
  digest: string | undefined,
  done: BytesDone = () => {},
): Promise<boolean> {
  const read = async (): Promise<boolean> => {
    const found = await objects.head(path);
    if (found === null) return false;
    const target = await open(file, 'w');
    try {
      let received = 0;
      const ranges = rangesOf(found.bytes);
      const lane = async (): Promise<void> => {
        for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
          const [from, to] = range;
          await objects.sending(path, () => readRange(objects, path, target, { from, to, etag: found.etag }));
          received += to - from;
          done(received);
        }
      };
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, ranges.length) }, lane));
    } finally {
      await target.close();
    }
    const wanted = digest ?? found.digest;
    if (wanted !== undefined && (await digestOfFile(file)) !== wanted) {
      throw new TransferProblem('the checksum is wrong');
    }
    return true;
  };
  return objects.sending(path, () =>
    read().catch((error: unknown) => {
      if (error instanceof ReplacedMeanwhile) throw new TransferProblem('the object was replaced while it was read');
      throw error;
    }),
  );
}

/** A range of another version: the ranges before it are of no use. */
class ReplacedMeanwhile extends Error {}

async function readRange(
  objects: S3Objects,
  path: string,
  target: FileHandle,
  { from, to, etag }: { from: number; to: number; etag: string },
): Promise<void> {
  // The etag keeps the ranges of two versions apart.
  const command = () =>
    new GetObjectCommand({ ...objects.place(path), Range: `bytes=${from}-${to - 1}`, IfMatch: etag });
  const answer = await objects.open(command).catch((error: unknown) => {
    if (says(error, 'PreconditionFailed', '412')) throw new ReplacedMeanwhile();
    throw error;
  });
  if (answer === null) throw new ReplacedMeanwhile();
  let position = from;
  const write = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      if (position + chunk.length > to) throw new TransferProblem('the answer is too long');
      await target.write(chunk, 0, chunk.length, position);
      position += chunk.length;
    }
  };
  await pipeline(body(answer) as unknown as AsyncIterable<Buffer>, write).catch(asTransferProblem);
  if (position !== to) throw new TransferProblem('the answer ended early');
}

function rangesOf(bytes: number): (readonly [number, number])[] {
  const count = Math.ceil(bytes / PART_BYTES);
  return Array.from({ length: count }, (_, index) => [index * PART_BYTES, Math.min((index + 1) * PART_BYTES, bytes)]);
}
