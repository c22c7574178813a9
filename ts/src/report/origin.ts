import type { RunRecord } from '../runs/manifest.ts';

/** Where a run came from, as far as its record says. */
export interface Origin {
  /** The command line without the program. */
  readonly argv?: readonly string[];
  readonly git?: { readonly commit?: string; readonly branch?: string | null; readonly dirty?: boolean } | null;
}

/** Reads it from a record of any version: older ones do not have it. */
export function originOf(record: RunRecord): Origin {
  return (record as { readonly lineage?: Origin | null }).lineage ?? {};
}
