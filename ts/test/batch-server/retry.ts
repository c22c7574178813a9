/** Whether a failed attempt is followed by another one. */

import type { EvaluateOnExit, RetryStrategy } from '@aws-sdk/client-batch';
import type { Attempt } from './model.ts';

/** Follows the first rule of which all conditions hold; when none does, a job with attempts left is retried. */
export function isRetried(retry: RetryStrategy, attempts: readonly Attempt[]): boolean {
  const last = attempts.at(-1);
  if (!last || attempts.length >= (retry.attempts ?? 1)) return false;
  const rule = retry.evaluateOnExit?.find((candidate) => applies(candidate, last));
  return rule === undefined || rule.action?.toUpperCase() === 'RETRY';
}

function applies(rule: EvaluateOnExit, attempt: Attempt): boolean {
  return (
    matches(rule.onStatusReason, attempt.statusReason) &&
    matches(rule.onReason, attempt.reason) &&
    matches(rule.onExitCode, attempt.exitCode === undefined ? undefined : String(attempt.exitCode))
  );
}

/** Only a trailing `*` is special; `*` alone holds for an absent text, too. */
function matches(pattern: string | undefined, text = ''): boolean {
  if (pattern === undefined) return true;
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
