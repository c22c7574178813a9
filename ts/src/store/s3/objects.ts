/** Objects below a prefix of a bucket: S3's requests with conditions, checksums and our errors. */

import { randomUUID } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { digestOf } from '../digest.ts';
import { checkedPath } from '../paths.ts';
import type { Condition, StoreObject } from '../store.ts';
import type { S3Address } from './address.ts';
import { again } from './again.ts';
import { s3Problem, says, TransferProblem } from './problems.ts';

/** S3's own number of objects on a page. */
const PAGE = 1_000;

/** What is known of an object without its bytes. */
export interface ObjectHead {
  readonly etag: string;
  readonly bytes: number;
  /** SHA-256 of the content, where nlpflow wrote it. */
  readonly digest: string | undefined;
  readonly writer: string | undefined;
}

/** Bucket and key, as the SDK takes them. */
export interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/** The requests of a store; paths are relative to its prefix. */
export class S3Objects {
  readonly client: S3Client;
  readonly address: S3Address;
  readonly #pageSize: number | undefined;

  constructor(client: S3Client, address: S3Address, pageSize?: number) {
    this.client = client;
    this.address = address;
    this.#pageSize = pageSize;
  }

  /** Objects on a page of a listing. */
  get pageSize(): number {
    return this.#pageSize ?? PAGE;
  }

  /** Where an object is. */
  place(path: string): Place {
    return { Bucket: this.address.bucket, Key: this.address.prefix + checkedPath(path) };
  }

  /** The address of an object as a person reads it. */
  url(path: string): string {
    return `s3://${this.address.bucket}/${this.address.prefix}${path}`;
  }

  /** Does requests; their errors come as ours. */
  async sending<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
    try {
      return await again(work);
    } catch (error) {
      throw s3Problem(error, this.url(path));
    }
  }

  put(path: string, bytes: Uint8Array | string, condition?: Condition): Promise<string | null> {
    const place = this.place(path);
    const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    const write = (headers: WriteHeaders): Promise<{ ETag?: string | undefined }> =>
      this.client.send(new PutObjectCommand({ ...place, ...headers, Body: body, ContentLength: body.length }));
    return this.writing(path, digestOf(body), condition, write);
  }

  /** A write with a condition; resolves to the etag, or to null when the condition failed. */
  writing(
    path: string,
    digest: string,
    condition: Condition | undefined,
    write: (headers: WriteHeaders) => Promise<{ ETag?: string | undefined }>,
  ): Promise<string | null> {
    const writer = randomUUID();
    const when = condition && ('absent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.etag });
    return this.sending(path, async () => {
      try {
        return (await write({ Metadata: { sha256: digest, writer }, ...when })).ETag ?? '';
      } catch (error) {
        const isRefused = condition !== undefined && says(error, 'PreconditionFailed', '412');
        if (condition && 'etag' in condition && says(error, 'NoSuchKey')) return null;
        if (!isRefused && !says(error, 'NoSuchUpload')) throw error;
        // An answer may get lost, and the attempt after it meets our own object.
        const found = await this.head(path);
        if (found?.writer === writer) return found.etag;
        if (isRefused) return null;
        throw error;
      }
    });
  }

  get(path: string): Promise<{ bytes: Buffer; etag: string } | null> {
    const place = this.place(path);
    return this.sending(path, async () => {
      const answer = await this.open(() => new GetObjectCommand({ ...place, ChecksumMode: 'ENABLED' }));
      if (answer === null) return null;
      const bytes = Buffer.from(await body(answer).transformToByteArray().catch(asTransferProblem));
      const { ContentLength = bytes.length, ETag = '', Metadata = {} } = answer;
      if (bytes.length !== ContentLength) throw new TransferProblem('the answer ended early');
      const digest = Metadata['sha256'];
      if (digest !== undefined && digestOf(bytes) !== digest) throw new TransferProblem('the checksum is wrong');
      return { bytes, etag: ETag };
    });
  }

  /** Begins to read an object; null when it is not there. */
  async open(command: () => GetObjectCommand): Promise<GetObjectCommandOutput | null> {
    try {
      return await this.client.send(command());
    } catch (error) {
      if (says(error, 'NoSuchKey')) return null;
      throw error;
    }
  }

  head(path: string): Promise<ObjectHead | null> {
    return this.sending(path, async () => {
      try {
        const {
          ETag = '',
          ContentLength = 0,
          Metadata = {},
        } = await this.client.send(new HeadObjectCommand(this.place(path)));
        return { etag: ETag, bytes: ContentLength, digest: Metadata['sha256'], writer: Metadata['writer'] };
      } catch (error) {
        if (says(error, 'NotFound', 'NoSuchKey', '404')) return null;
        // An answer to HEAD has no body that could say what is wrong; the same question by GET has.
        if (says(error, '400', '403')) await this.client.send(new GetObjectCommand(this.place(path)));
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<StoreObject> {
    for await (const { Contents = [] } of this.#pages(prefix)) {
      for (const { Key = '', Size = 0, ETag = '', LastModified = new Date(0) } of Contents) {
        const path = Key.slice(this.address.prefix.length);
        // Some servers and consoles show folders as empty objects.
        if (path !== '' && !path.endsWith('/')) yield { path, bytes: Size, etag: ETag, modified: LastModified };
      }
    }
  }

  /** Names of the folders right below a folder, which ends with a slash. */
  async folders(below: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { CommonPrefixes = [] } of this.#pages(below, '/')) {
      for (const { Prefix = '' } of CommonPrefixes) {
        names.push(Prefix.slice(this.address.prefix.length + below.length).replace(/\/$/, ''));
      }
    }
    return names;
  }

  async delete(path: string): Promise<void> {
    const place = this.place(path);
    await this.sending(path, () => this.client.send(new DeleteObjectCommand(place)));
  }

  /** Copies an object inside the bucket, on the server; false when the source is not there. */
  copy(from: string, to: string): Promise<boolean> {
    const { Bucket, Key } = this.place(from);
    const source = [Bucket, ...Key.split('/')].map(encodeURIComponent).join('/');
    return this.sending(to, async () => {
      try {
        await this.client.send(new CopyObjectCommand({ ...this.place(to), CopySource: source }));
        return true;
      } catch (error) {
        if (says(error, 'NoSuchKey')) return false;
        throw error;
      }
    });
  }

  async *#pages(prefix: string, Delimiter?: string) {
    let token: string | undefined;
    do {
      const page = await this.sending(prefix, () =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: this.address.bucket,
            Prefix: this.address.prefix + prefix,
            ...(Delimiter === undefined ? {} : { Delimiter }),
            ...(this.#pageSize === undefined ? {} : { MaxKeys: this.#pageSize }),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        ),
      );
      yield page;
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }
}

/** What every write carries. */
export interface WriteHeaders {
  readonly Metadata: Record<string, string>;
  readonly IfNoneMatch?: string;
  readonly IfMatch?: string;
}

/** The body of an answer. */
export function body(answer: GetObjectCommandOutput): NonNullable<GetObjectCommandOutput['Body']> {
  if (!answer.Body) throw new TransferProblem('the answer has no body');
  return answer.Body;
}

/** What goes wrong while a body is read is the transfer's fault: it may be tried again. */
export function asTransferProblem(error: unknown): never {
  throw new TransferProblem(`the answer was cut off or damaged (${error instanceof Error ? error.message : error})`, {
    cause: error,
  });
}
