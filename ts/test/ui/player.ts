/** Plays the events of the fixture on the display that the terminal gets; started by the tests inside a pseudo-terminal. */

import { setTimeout } from 'node:timers/promises';
import { openDisplay } from '../../src/ui/display.ts';
import { ENDING, EVENTS, TWO_RUNNING } from './events.fixture.ts';

const { env, stdout, stderr } = process;
const display = await openDisplay({ json: false, quiet: false, color: false, stdout, stderr, env });
for (const [index, [, event]] of EVENTS.entries()) {
  display.emit(event);
  if (index + 1 === TWO_RUNNING || index + 1 === EVENTS.length) {
    // The picture stays long enough for the spinner to draw it.
    await setTimeout(Number(env['PLAYER_PAUSE'] ?? 300));
  }
}
for (const [, event] of ENDING) {
  display.emit(event);
}
display.close();
stdout.write('the result\n');
