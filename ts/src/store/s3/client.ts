/** The connection to S3. Endpoint, region, profile and credentials come from the SDK's own variables and files. */

import { S3Client } from '@aws-sdk/client-s3';
import { Gate } from '../gate.ts';

/** How often a request is tried before an error is shown: with the SDK's jittered back-off about half a minute for a busy server. */
const ATTEMPTS = 8;
/** A server that accepts no connection or says nothing for this long is asked again. */
const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;
/**
 * Requests on their way at once. A request that waits for a socket counts as one that cannot connect, so there are always more
 * sockets than requests; the rest of them is for bodies that are still being read.
 */
const REQUESTS = 64;
const SOCKETS = 160;

/** Opens a client; nothing is sent yet. */
export function connect(env: NodeJS.ProcessEnv = process.env): S3Client {
  // On Node 20 the SDK would print a warning that only a developer of nlpflow can act on.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'];
  const client = new S3Client({
    // Servers other than Amazon's have no name for each bucket.
    forcePathStyle: Boolean(endpoint),
    // They need a region for the signature only.
    ...(endpoint && !env['AWS_REGION'] && !env['AWS_DEFAULT_REGION'] && !env['AWS_PROFILE']
      ? { region: 'us-east-1' }
      : {}),
    followRegionRedirects: true,
    ...(env['AWS_MAX_ATTEMPTS'] ? {} : { maxAttempts: ATTEMPTS }),
    // Ranges have no checksum of their own; whole objects ask for it.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: { maxSockets: SOCKETS },
      httpsAgent: { maxSockets: SOCKETS },
    },
  });
  const gate = new Gate(REQUESTS);
  // Within the attempts: a request that waits to be tried again is not on its way.
  client.middlewareStack.add((next) => (args) => gate.run(() => next(args)), { step: 'deserialize', priority: 'high' });
  return client;
}
