// An S3-like server in memory whose every answer takes a given time, for measurements: objects, conditions, listings.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** @typedef {{ bytes: Buffer, etag: string, meta: Record<string, string> }} Kept */

const PAGE = 1_000;

/** An object as the server keeps it. */
export function keptObject(/** @type {Buffer} */ bytes, /** @type {Record<string, string>} */ meta = {}) {
  return { bytes, meta, etag: `"${createHash('md5').update(bytes).digest('hex')}"` };
}

/** Starts a server with these objects by key; it counts its requests and how many were on their way at once. */
export async function startSlowS3(/** @type {Map<string, Kept>} */ objects, /** @type {number} */ latencyMs) {
  const counts = { requests: 0, most: 0, now: 0 };
  const server = createServer(async (request, response) => {
    counts.requests += 1;
    counts.now += 1;
    counts.most = Math.max(counts.most, counts.now);
    const body = await buffer(request);
    await delay(latencyMs);
    const { status, headers = {}, content = '' } = answer(objects, request, body);
    counts.now -= 1;
    response.writeHead(status, { 'content-length': Buffer.byteLength(content), ...headers });
    response.end(request.method === 'HEAD' ? undefined : content);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { endpoint: `http://127.0.0.1:${port}`, counts, close };
}

/**
 * @param {Map<string, Kept>} objects
 * @param {import('node:http').IncomingMessage} request
 * @param {Buffer} body
 * @returns {{ status: number, headers?: Record<string, string | number>, content?: string | Buffer }}
 */
function answer(objects, { method, url = '', headers }, body) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
  if (searchParams.has('list-type')) return listing(objects, searchParams);
  const there = objects.get(key);
  const tags = there && { etag: there.etag, 'last-modified': new Date().toUTCString(), ...there.meta };
  if (method === 'PUT') {
    const isRefused =
      (headers['if-none-match'] === '*' && there) || (headers['if-match'] && headers['if-match'] !== there?.etag);
    if (isRefused) return problem(412, 'PreconditionFailed');
    const meta = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
    const isChunked = String(headers['x-amz-content-sha256']).startsWith('STREAMING');
    const kept = keptObject(
      isChunked ? unchunked(body) : body,
      /** @type {Record<string, string>} */ (Object.fromEntries(meta)),
    );
    objects.set(key, kept);
    return { status: 200, headers: { etag: kept.etag } };
  }
  if (method === 'DELETE') {
    objects.delete(key);
    return { status: 204 };
  }
  if (!there || !tags) return problem(404, 'NoSuchKey');
  if (method === 'HEAD') return { status: 200, headers: { ...tags, 'content-length': there.bytes.length } };
  return { status: 200, headers: tags, content: there.bytes };
}

/** The content of a body that is sent in pieces with their lengths before them. */
function unchunked(/** @type {Buffer} */ body) {
  const parts = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.toString('latin1', at, end), 16);
    if (!(length > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

/** A page of the keys that begin with a prefix, in their order. */
function listing(/** @type {Map<string, Kept>} */ objects, /** @type {URLSearchParams} */ asked) {
  const [prefix, delimiter, after] = ['prefix', 'delimiter', 'continuation-token'].map((name) => asked.get(name) ?? '');
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix ?? '')).sort();
  const folders = new Set();
  const items = [];
  for (const key of keys) {
    const end = delimiter ? key.indexOf(delimiter, prefix?.length) : -1;
    const name = end < 0 ? key : key.slice(0, end + 1);
    if (folders.has(name) || name <= (after ?? '')) continue;
    if (items.length === PAGE) {
      const token = `<NextContinuationToken>${items.at(-1)?.name}</NextContinuationToken>`;
      return { status: 200, content: page(items, `<IsTruncated>true</IsTruncated>${token}`) };
    }
    if (end >= 0) folders.add(name);
    const { bytes, etag } = objects.get(key) ?? keptObject(Buffer.from(''));
    const size = `<Size>${bytes.length}</Size><ETag>${etag}</ETag><LastModified>${new Date().toISOString()}</LastModified>`;
    const text =
      end < 0
        ? `<Contents><Key>${key}</Key>${size}</Contents>`
        : `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`;
    items.push({ name, text });
  }
  return { status: 200, content: page(items, '<IsTruncated>false</IsTruncated>') };
}

function page(/** @type {{ text: string }[]} */ items, /** @type {string} */ rest) {
  return `<?xml version="1.0"?><ListBucketResult>${items.map(({ text }) => text).join('')}${rest}</ListBucketResult>`;
}

function problem(/** @type {number} */ status, /** @type {string} */ code) {
  return { status, content: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}
