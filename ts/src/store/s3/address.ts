/** `s3://bucket/prefix` taken apart. */

import { NlpflowError } from '../../errors.ts';
import { checkedPath } from '../paths.ts';

/** Where a store is. */
export interface S3Address {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** The address as it is shown. */
  readonly url: string;
}

/** Reads an address; throws `USAGE` when it is none. */
export function parseAddress(url: string): S3Address {
  const [bucket = '', ...rest] = url.replace(/^s3:\/\//i, '').split('/');
  const path = rest.join('/').replace(/\/+$/, '');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new NlpflowError(
      'USAGE',
      `${url}: a store on S3 is s3://BUCKET/PREFIX; "${bucket}" is no name of a bucket (3 to 63 of a-z 0-9 . -)`,
    );
  }
  if (path === '') return { bucket, prefix: '', url: `s3://${bucket}` };
  return { bucket, prefix: `${checkedPath(path)}/`, url: `s3://${bucket}/${path}` };
}
