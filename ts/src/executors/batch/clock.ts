/** Time as the executor sees it, so that hours of waiting can be gone through in seconds. */

import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Ends after the time, or at once when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** A clock that runs `speed` times as fast as the wall's. */
export function clockAt(speed: number): Clock {
  const started = Date.now();
  return {
    now: () => started + (Date.now() - started) * speed,
    sleep: (milliseconds, signal) =>
      delay(milliseconds / speed, undefined, signal ? { signal } : {}).catch((error: unknown) => {
        if (!signal?.aborted) throw error;
      }),
  };
}

/** The wall's clock. */
export const WALL_CLOCK: Clock = clockAt(1);
