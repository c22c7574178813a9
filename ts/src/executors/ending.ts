/** Signals by which a system asks a process to end: all of them mean the same. */

import process from 'node:process';

/** SIGTERM, and SIGHUP for a terminal that was closed. */
export const ENDING = ['SIGTERM', 'SIGHUP'] as const;

/** One of those signals. */
export type EndingSignal = (typeof ENDING)[number];

/** Calls `end` when the process is asked to end; the function that comes back stops that. */
export function onEnding(end: (signal: EndingSignal) => void): () => void {
  const signals = ENDING.filter((signal) => signal !== 'SIGHUP' || !outlivesTerminal());
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}

/** Makes the process outlive its terminal where it was started so (`nohup`). */
export function keepAfterHangup(): void {
  if (outlivesTerminal()) process.on('SIGHUP', () => {});
}

/** Node forgets that `nohup` made it ignore SIGHUP; the launcher, which is asked first, tells. */
function outlivesTerminal(): boolean {
  return (process.env['NLPFLOW_NOHUP'] ?? '') !== '';
}
