/** CloudWatch Logs: streams of lines, and GetLogEvents with its tokens. */

import type { GetLogEventsRequest, GetLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from './errors.ts';

interface Line {
  readonly timestamp: number;
  readonly message: string;
}

/** At most this many lines in an answer. */
const PAGE = 10_000;

export class LogStreams {
  readonly #streams = new Map<string, Line[]>();

  /** A stream exists from its first line on, as on AWS. */
  write(group: string, stream: string, line: Line): void {
    const name = `${group}\n${stream}`;
    const lines = this.#streams.get(name) ?? [];
    lines.push(line);
    this.#streams.set(name, lines);
  }

  /** A token is a position; the forward token at the end is the one that was given. */
  getLogEvents(request: GetLogEventsRequest): GetLogEventsResponse {
    const lines = this.#streams.get(`${request.logGroupName}\n${request.logStreamName}`);
    if (!lines) {
      throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.', 400);
    }
    const limit = request.limit ?? PAGE;
    const [, direction, at] = /^([fb])\/(\d+)$/.exec(request.nextToken ?? '') ?? [];
    const start =
      at === undefined
        ? request.startFromHead === true
          ? 0
          : Math.max(0, lines.length - limit)
        : direction === 'f'
          ? Number(at)
          : Math.max(0, Number(at) - limit);
    const end = direction === 'b' ? Number(at) : Math.min(lines.length, start + limit);
    return {
      events: lines.slice(start, end).map((line) => ({ ...line, ingestionTime: line.timestamp })),
      nextForwardToken: `f/${end}`,
      nextBackwardToken: `b/${start}`,
    };
  }
}
