/** The process: streams, signals and the exit code. Everything else is in `program.ts`. */

import { EXIT } from '../errors.ts';
import { runProgram } from './program.ts';

const argv = process.argv.slice(2);
const interrupted = new AbortController();

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.store);
});
process.stderr.on('error', () => {});

// A worker is told by its parent when to stop; Ctrl-C reaches the whole group of processes.
if (argv[0] !== 'worker') {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (interrupted.signal.aborted) {
        process.exit(EXIT.interrupted);
      }
      interrupted.abort();
    });
  }
}

const code = await runProgram(argv, {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupted.signal,
});
// Everything that was written has to arrive before the process ends, also in a pipe.
await new Promise<void>((resolve) => {
  process.stdout.write('', () => resolve());
});
process.exit(code);
