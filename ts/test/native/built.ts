/** Whether the real add-on is there: tests of the boundary are skipped visibly without it, and fail where it is expected. */

import { addonPath } from '../../src/native/binding.ts';

/** True when the add-on was built. */
export const BUILT = addonPath() !== undefined;

if (!BUILT && process.env['NLPFLOW_REQUIRE_NATIVE']) {
  throw new Error('NLPFLOW_REQUIRE_NATIVE is set and the add-on was not built: npm run build:native');
}
