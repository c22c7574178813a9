/** Errors of S3 in words that say what to do. */

import { NlpflowError } from '../../errors.ts';
import { systemCode } from '../problems.ts';

/** One kind of trouble: the names and system codes by which S3 and the SDK tell it, and what to say. */
interface Trouble {
  readonly code: string;
  readonly names: readonly string[];
  readonly words: string;
}

/** What S3 answers to a body that it did not get as it was sent. */
export const CHANGED_ON_THE_WAY: readonly string[] = [
  'BadDigest',
  'InvalidDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'IncompleteBody',
  'RequestTimeout',
];

/** The first entry that names an error stands for it. */
const TROUBLES: readonly Trouble[] = [
  {
    code: 'STORE_BUCKET_NOT_FOUND',
    names: ['NoSuchBucket'],
    words:
      'its bucket does not exist; check the name, the region (AWS_REGION) and the endpoint (AWS_ENDPOINT_URL_S3), or make the bucket',
  },
  {
    code: 'STORE_NO_CREDENTIALS',
    names: ['CredentialsProviderError', 'TokenProviderError'],
    words: 'no credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in',
  },
  {
    code: 'STORE_CREDENTIALS_EXPIRED',
    names: ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'UnauthorizedSSOToken'],
    words: 'the credentials have expired; sign in again, then give the same command again: finished work is kept',
  },
  {
    code: 'STORE_CLOCK_SKEW',
    names: ['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'],
    words: 'the clock of this machine differs from that of the server; set it (timedatectl), then start again',
  },
  {
    code: 'STORE_CREDENTIALS_INVALID',
    names: [
      'InvalidAccessKeyId',
      'XAdminUserNotFound',
      'SignatureDoesNotMatch',
      'InvalidToken',
      'InvalidClientTokenId',
      'AuthFailure',
    ],
    words: 'the credentials are not accepted; check AWS_PROFILE or the keys, and that they belong to this endpoint',
  },
  {
    code: 'STORE_ACCESS_DENIED',
    names: ['AccessDenied', 'Forbidden', 'AllAccessDisabled', 'AccountProblem', '403'],
    words:
      'access is denied; these credentials need s3:ListBucket on the bucket and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload below the prefix',
  },
  {
    code: 'STORE_REGION_WRONG',
    names: [
      'PermanentRedirect',
      'IllegalLocationConstraintException',
      'AuthorizationHeaderMalformed',
      'Region is missing',
      'Region not accepted',
      'UnknownEndpoint',
    ],
    words: 'the region is missing or wrong; set AWS_REGION to that of the bucket',
  },
  {
    code: 'STORE_TRANSFER_FAILED',
    names: CHANGED_ON_THE_WAY,
    words:
      'what was sent arrived changed or cut off, also after several attempts; check the network and proxies, then start again: finished work is kept',
  },
  {
    code: 'STORE_BUSY',
    names: [
      'SlowDown',
      'ServiceUnavailable',
      'RequestLimitExceeded',
      'Throttling',
      'ThrottlingException',
      'TooManyRequestsException',
      'InternalError',
      'OperationAborted',
      '500',
      '502',
      '503',
      '504',
    ],
    words: 'the server is too busy and stayed so after several attempts; start again later: finished work is kept',
  },
  {
    code: 'STORE_UNREACHABLE',
    names: [
      'ECONNREFUSED',
      'ECONNRESET',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EPIPE',
      'ETIMEDOUT',
      'EPROTO',
      'TimeoutError',
      'NetworkingError',
    ],
    words:
      'the server cannot be reached; check the network and the endpoint (AWS_ENDPOINT_URL_S3), then start again: finished work is kept',
  },
];

/** What a body says that was cut off, changed on its way, or belongs to another version of the object. */
export class TransferProblem extends Error {
  override readonly name = 'TransferProblem';
}

/** The names by which an error may be known, most telling first. */
function namesOf(error: unknown): string[] {
  const { name, Code, message, $metadata } = (error ?? {}) as {
    name?: string;
    Code?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  // The SDK tells some troubles by the beginning of a message alone.
  const known = [Code, name, systemCode(error), message?.split(':')[0], $metadata?.httpStatusCode?.toString()];
  const cause = (error as { cause?: unknown } | null)?.cause;
  const inner = (error as { errors?: unknown[] } | null)?.errors ?? [];
  return [...known.filter((one) => one !== undefined), ...(cause ? namesOf(cause) : []), ...inner.flatMap(namesOf)];
}

/** Whether an error says this, as S3's code, the SDK's name or the HTTP status. */
export function says(error: unknown, ...names: readonly string[]): boolean {
  return namesOf(error).some((name) => names.includes(name));
}

/** An error of the SDK as ours; other errors come back as they are. `url` is what was read or written. */
export function s3Problem(error: unknown, url: string): unknown {
  if (error instanceof NlpflowError) return error;
  // The answer leads to the request with its signature and token, which nobody should find in a log.
  if (typeof error === 'object' && error !== null) Reflect.deleteProperty(error, '$response');
  const told = namesOf(error);
  // The SDK's own words: they hold ids and times of requests, never keys.
  const details = error instanceof Error ? [`${error.name}: ${error.message}`] : [];
  if (error instanceof TransferProblem) {
    const message = `${url}: ${error.message}, also after several attempts; check the network and proxies, then start again: finished work is kept`;
    return new NlpflowError('STORE_TRANSFER_FAILED', message, { cause: error });
  }
  for (const name of told) {
    const trouble = TROUBLES.find(({ names }) => names.includes(name));
    if (trouble) return new NlpflowError(trouble.code, `${url}: ${trouble.words}`, { cause: error, details });
  }
  if ((error as { $metadata?: unknown } | null)?.$metadata === undefined) return error;
  const words = `the server refused the request (${told[0] ?? 'no reason given'})`;
  return new NlpflowError('STORE_REQUEST_FAILED', `${url}: ${words}`, { cause: error, details });
}
