/** A proxy between store and server that spoils some of what goes through it. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What may happen to a request. */
export type FaultKind =
  /** The connection breaks before the server hears of it. */
  | 'reset'
  /** The server does it, and the connection breaks before its answer. */
  | 'answer lost'
  /** 503 SlowDown. */
  | 'slow down'
  /** 409 ExistingObjectIsDirectory. */
  | 'folder gone'
  /** The answer ends in the middle of its body. */
  | 'truncated'
  /** A byte of the answer's body is another. */
  | 'corrupted'
  /** A byte of the request's body is another. */
  | 'corrupted upload'
  /** 400 ExpiredToken. */
  | 'expired credentials'
  /** 403 RequestTimeTooSkewed. */
  | 'clock skew';

/** Which requests are spoilt, and how often. */
export interface Fault {
  readonly kind: FaultKind;
  readonly times: number;
  /** Only each so many of the requests that match; default: all. */
  readonly every?: number;
  /** Methods and paths, `GET /bucket/key?query`; default: all. */
  readonly on?: RegExp;
}

/** A running proxy. */
export interface FaultProxy {
  readonly endpoint: string;
  /** From now on this happens, until it has happened so often. */
  inject(fault: Fault): void;
  /** How many requests were spoilt since `inject`. */
  readonly spoilt: number;
  /** Nothing happens any more. */
  heal(): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a server on this machine. */
export async function startProxy(port: number): Promise<FaultProxy> {
  let fault: Fault | undefined;
  let spoilt = 0;
  let matched = 0;
  const next = (line: string, hasBody: boolean): FaultKind | undefined => {
    if (!fault || spoilt >= fault.times || (fault.on && !fault.on.test(line))) return undefined;
    if (fault.kind === 'corrupted upload' && !hasBody) return undefined;
    matched += 1;
    if (matched % (fault.every ?? 1) !== 0) return undefined;
    spoilt += 1;
    return fault.kind;
  };
  const server = createServer((incoming, outgoing) => {
    const hasBody = Number(incoming.headers['content-length'] ?? 0) > 0;
    const kind = next(`${incoming.method} ${incoming.url}`, hasBody);
    void pass(port, incoming, outgoing, kind).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inject: (wanted) => {
      fault = wanted;
      spoilt = 0;
      matched = 0;
    },
    get spoilt() {
      return spoilt;
    },
    heal: () => {
      fault = undefined;
    },
    close: () => closed(server),
  };
}

async function pass(
  port: number,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  kind: FaultKind | undefined,
): Promise<void> {
  const asked = await buffer(incoming);
  if (kind === 'reset') return void incoming.socket.resetAndDestroy();
  if (kind === 'folder gone')
    return refuse(outgoing, 409, 'ExistingObjectIsDirectory', 'Existing Object is a directory.');
  if (kind === 'slow down') return refuse(outgoing, 503, 'SlowDown', 'Please reduce your request rate.');
  if (kind === 'expired credentials') return refuse(outgoing, 400, 'ExpiredToken', 'The provided token has expired.');
  if (kind === 'clock skew') {
    return refuse(
      outgoing,
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and now is too large.',
    );
  }
  const { method, url: path, headers } = incoming;
  const sent = request({ host: '127.0.0.1', port, method, path, headers });
  sent.end(kind === 'corrupted upload' ? flipped(asked) : asked);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const content = await buffer(answer);
  if (kind === 'answer lost') return void incoming.socket.resetAndDestroy();
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  if (kind === 'truncated' && content.length > 0) {
    outgoing.write(content.subarray(0, content.length >> 1));
    // What was written must arrive before the end does.
    setTimeout(() => incoming.socket.destroy(), 20);
    return;
  }
  outgoing.end(kind === 'corrupted' ? flipped(content) : content);
}

function refuse(outgoing: ServerResponse, status: number, code: string, message: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml', date: new Date().toUTCString() });
  outgoing.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const middle = changed.length >> 1;
  if (changed.length > 0) changed[middle] = (changed[middle] ?? 0) ^ 1;
  return changed;
}

async function closed(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
