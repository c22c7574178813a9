/** Tables as people have them, with what an expert would choose of each, or what has to be asked. */

import type { Draw } from '../draw.ts';

/** A table and what is right for it. */
export interface Sample {
  readonly name: string;
  readonly table: string | Uint8Array;
  readonly file?: string;
  /** What is chosen. */
  readonly text?: string;
  readonly outcome?: string;
  readonly split?: string;
  /** What is asked instead: words of the message, and commands that it offers. */
  readonly asks?: string;
  readonly offers?: readonly string[];
}

/** A sentence. */
export const text = (draw: Draw) => draw.text();
/** Three of four rows have the first value. */
export const mostly = <T>(draw: Draw, often: T, seldom: T): T => (draw.below(4) > 0 ? often : seldom);
/** Either value, beginning with the one that is not the event. */
export const either = <T>(number: number, first: T, second: T): T => (number % 2 === 0 ? first : second);
