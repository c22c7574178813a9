import { describe, expect, test } from 'vitest';
import { freeMemory } from '../../src/executors/freememory.ts';

/** What vm_stat prints on a Mac with Apple silicon. */
const APPLE = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                6140.
Pages active:                            242137.
Pages inactive:                          240516.
Pages speculative:                         1166.
Pages throttled:                              0.
Pages wired down:                        150235.
Pages purgeable:                           3482.
"Translation faults":                 573437286.
Pages copy-on-write:                   19483720.
Pages zero filled:                    314187232.
Pages reactivated:                     38205493.
Pages purged:                           8143203.
File-backed pages:                       163215.
Anonymous pages:                         320604.
Pages stored in compressor:              769123.
Pages occupied by compressor:            361877.
Decompressions:                        40317841.
Compressions:                          50243087.
Pageins:                                9313207.
Pageouts:                                137283.
Swapins:                                 263041.
Swapouts:                                393216.
`;
/** The same on an old one with an Intel processor and 2 GB of memory, which knows fewer kinds of pages. */
const INTEL = `Mach Virtual Memory Statistics: (page size of 4096 bytes)
Pages free:                               90518.
Pages active:                            205479.
Pages inactive:                           32417.
Pages speculative:                       134461.
Pages wired down:                         61009.
"Translation faults":                  26323651.
Pages copy-on-write:                     177180.
Pages zero filled:                     15230394.
Pages reactivated:                            3.
Pageins:                                  39743.
Pageouts:                                     0.
Object cache: 14 hits of 797355 lookups (0% hit rate)
`;
const GIB = 1024 ** 3;

function mac(vmStat: () => string, total = 16 * GIB): number {
  return freeMemory({ platform: 'darwin', free: () => 6140 * 16384, total: () => total, vmStat });
}

describe('free memory', () => {
  test.each([
    ['new', APPLE, (6140 + 1166 + 240_516 + 3482) * 16_384],
    ['old', INTEL, (90_518 + 134_461 + 32_417) * 4096],
  ])('on a %s Mac: what is free, read ahead, inactive and purgeable', (_, text, bytes) => {
    expect(mac(() => text)).toBe(bytes);
  });

  test('on macOS: never more than the machine has, nor less than is wholly free', () => {
    expect(mac(() => APPLE, GIB)).toBe(GIB);
    const none = APPLE.replace(/(inactive|speculative|purgeable|free): +\d+/g, '$1: 0');
    expect(mac(() => none)).toBe(6140 * 16384);
  });

  test.each(['', 'vm_stat: unknown option', 'Pages free: many.'])(
    'on macOS: half of the machine when it says %j',
    (text) => {
      expect(mac(() => text)).toBe(8 * GIB);
    },
  );

  test('on macOS: half of the machine when it cannot be asked', () => {
    expect(
      mac(() => {
        throw new Error('ENOENT');
      }),
    ).toBe(8 * GIB);
  });

  test('elsewhere: what the system says', () => {
    const vmStat = (): string => expect.unreachable();
    expect(freeMemory({ platform: 'linux', free: () => 7, total: () => 9, vmStat })).toBe(7);
  });
});
