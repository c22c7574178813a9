/** Version of `run.json`; `upgrade.ts` reads the earlier ones. */
export const RUN_FORMAT = 2;
