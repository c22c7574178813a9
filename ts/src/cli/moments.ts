import { NlpflowError } from '../errors.ts';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** `30d`, `12h`, `90m` or `2w` in milliseconds. */
export function parseSpan(text: string, flag: string): number {
  const parts = /^(?<amount>\d+(?:\.\d+)?)(?<unit>[mhdw])$/.exec(text.trim())?.groups;
  if (!parts) throw new NlpflowError('USAGE', `${flag} must be a span such as 30d, 12h, 90m or 2w, not ${text}`);
  return Number(parts['amount']) * UNITS[parts['unit'] as keyof typeof UNITS];
}

/** A span before now, or a date such as 2026-11-24, in milliseconds since 1970. */
export function parseMoment(text: string, flag: string, now: number): number {
  if (/^\d+(\.\d+)?[mhdw]$/.test(text.trim())) return now - parseSpan(text, flag);
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) {
    throw new NlpflowError('USAGE', `${flag} must be a date such as 2026-11-24 or a span such as 7d, not ${text}`);
  }
  return moment;
}
