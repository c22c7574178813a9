/** Standard output as something that can be lost: its reader may leave, its disk may be full. */

import type { Screen } from '../ui/display.ts';

/** Why standard output cannot be written any more. */
export interface Loss {
  /** The reader has seen enough, as `head` has: no failure by itself. */
  readonly closed: boolean;
  readonly reason: string;
}

/** Standard output, and what became of what was written to it. */
export interface Delivery {
  readonly screen: Screen;
  /** Resolves when writing fails for the first time; never when all goes well. */
  readonly lost: Promise<Loss>;
  /** Resolves when all that was written has arrived, or to why it never will. */
  settle(): Promise<Loss | undefined>;
}

/** Errors of a pipe or a socket whose other end is gone. */
const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** Watches a stream; after the first failure nothing more is written to it. */
export function deliver(stream: NodeJS.WriteStream): Delivery {
  let loss: Loss | undefined;
  let report: (loss: Loss) => void = () => {};
  const lost = new Promise<Loss>((resolve) => {
    report = resolve;
  });
  const fail = (error: NodeJS.ErrnoException): void => {
    if (loss) return;
    // A terminal that was closed says EIO, as a broken disk does.
    const closed = CLOSED.has(error.code ?? '') || (error.code === 'EIO' && stream.isTTY === true);
    loss = { closed, reason: error.message };
    report(loss);
  };
  stream.on('error', fail);
  return {
    screen: {
      get isTTY() {
        return stream.isTTY;
      },
      get columns() {
        return stream.columns;
      },
      get rows() {
        return stream.rows;
      },
      write: (text) => {
        if (loss) return false;
        try {
          return stream.write(text);
        } catch (error) {
          // Files are written at once.
          fail(error as NodeJS.ErrnoException);
          return false;
        }
      },
    },
    lost,
    settle: async () => {
      // Everything that was written has to arrive before the process ends, also in a pipe.
      if (!loss) {
        await new Promise<void>((resolve) => {
          stream.write('', (error) => {
            if (error) fail(error);
            resolve();
          });
        });
      }
      return loss;
    },
  };
}
