/** The process: streams, signals and the exit code. Everything else is in `program.ts`. */

import { EXIT } from '../errors.ts';
import { keepAfterHangup, onEnding } from '../executors/ending.ts';
import { deliver } from './delivery.ts';
import { runProgram } from './program.ts';

const argv = process.argv.slice(2);
const interrupted = new AbortController();
const stdout = deliver(process.stdout);
// Words for people that nobody reads any more are no reason to stop.
process.stderr.on('error', () => {});
keepAfterHangup();

// A worker is told by its parent when to stop; Ctrl-C reaches the whole group of processes.
if (argv[0] !== 'worker') {
  const stop = (signal: NodeJS.Signals): void => {
    // A terminal that is closed may say so twice, and systemd sends SIGHUP after SIGTERM: only people repeat themselves.
    if (interrupted.signal.aborted && signal !== 'SIGHUP') process.exit(EXIT.interrupted);
    interrupted.abort();
  };
  process.on('SIGINT', stop);
  onEnding(stop);
}

const code = await runProgram(argv, {
  stdout: stdout.screen,
  stderr: process.stderr,
  delivery: stdout,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupted.signal,
});
process.exit(code);
