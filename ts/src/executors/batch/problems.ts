/** Errors of AWS in words that say what to do; nothing of credentials gets into them. */

import { NlpflowError } from '../../errors.ts';

const NO_CREDENTIALS =
  /Credentials|ExpiredToken|UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|TokenProvider/;
const DENIED = /AccessDenied|UnauthorizedOperation|NotAuthorized/;
const THROTTLED = /TooManyRequests|Throttl|RequestLimitExceeded|SlowDown/;
/** Nobody was reached, so nothing was done. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
]);
/** The connection ended before the answer came. */
const CUT = new Set(['ECONNABORTED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** Answers that say that nothing was done. */
const REFUSALS = new Set(['AWS_DENIED', 'AWS_REFUSED', 'AWS_SETTINGS', 'AWS_THROTTLED']);

/** Trouble that goes by, of AWS Batch and of the store. */
const PASSING = new Set([
  'AWS_THROTTLED',
  'AWS_UNREACHABLE',
  'STORE_BUSY',
  'STORE_UNREACHABLE',
  'STORE_REQUEST_FAILED',
  'STORE_TRANSFER_FAILED',
]);

/** Whether a later call may succeed. */
export function isPassing(error: unknown): boolean {
  return error instanceof NlpflowError && PASSING.has(error.code);
}

/** Whether a call that ended with this error certainly did nothing; after any other error it may have been carried out. */
export function wasRefused(error: unknown): boolean {
  if (!(error instanceof NlpflowError)) return false;
  return REFUSALS.has(error.code) || NOT_SENT.has((error.cause as { code?: string } | undefined)?.code ?? '');
}

/** An error of the SDK as ours. */
export function awsProblem(what: string, error: unknown): unknown {
  if (error instanceof NlpflowError) return error;
  const {
    name = '',
    message = '',
    code = '',
    $metadata,
  } = (error ?? {}) as {
    name?: string;
    message?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const make = (kind: string, text: string): NlpflowError => new NlpflowError(kind, text, { cause: error });
  if (/Region is missing/i.test(message)) {
    return make('AWS_SETTINGS', 'AWS has to know the region: set AWS_REGION, or a region in the profile');
  }
  if (NO_CREDENTIALS.test(name)) {
    return make(
      'AWS_SETTINGS',
      `${what}: AWS does not accept the credentials, or there are none (${name}); set AWS_PROFILE, or sign in again`,
    );
  }
  if (DENIED.test(name)) {
    return make('AWS_DENIED', `${what}: AWS does not allow it: ${message}; the identity needs this permission`);
  }
  if (THROTTLED.test(name)) {
    return make('AWS_THROTTLED', `${what}: AWS asks to be called less often, also after many tries; try again later`);
  }
  if (NOT_SENT.has(code) || CUT.has(code) || name === 'TimeoutError' || ($metadata?.httpStatusCode ?? 0) >= 500) {
    return make('AWS_UNREACHABLE', `${what}: AWS cannot be reached (${code || name}: ${message}); check the network`);
  }
  if (name === 'ClientException' || $metadata?.httpStatusCode === 400) {
    return make('AWS_REFUSED', `${what}: AWS refuses: ${message}`);
  }
  return error;
}
