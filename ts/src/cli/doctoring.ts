/** `doctor`: looks at this machine, and at the account when runs go to AWS Batch. */

import { type Looked, lookAt } from '../doctor/check.ts';
import { MACHINE_CHECKS } from '../doctor/machine.ts';
import { asNlpflowError, EXIT, type ExitCode } from '../errors.ts';
import { type BatchArguments, readSettings } from '../executors/batch/settings.ts';
import type { Context } from './command.ts';

const SIGNS = { ok: 'ok', warning: 'warn', failed: 'FAIL', skipped: 'skip' } as const;

/** Looks at everything, says what is wrong and what to do, and returns the exit code. */
export async function examine(args: BatchArguments, context: Context): Promise<ExitCode> {
  const nodeVersion = process.versions.node;
  const found = await lookAt(MACHINE_CHECKS, { openStore: () => context.openStore(), nodeVersion });
  if (args.queue || /^s3:/i.test(context.storeName)) found.push(...(await examineAccount(args, context)));
  const { out } = context;
  const failed = found.filter(({ status }) => status === 'failed');
  context.settle();
  out.result('doctor', { ok: failed.length === 0, checks: found });
  for (const { check, status, words, remedy } of found) {
    out.line(`${SIGNS[status].padEnd(5)} ${check.padEnd(15)} ${words}`);
    if (remedy !== undefined) out.line(`${' '.repeat(22)}→ ${remedy}`);
  }
  out.line();
  out.line(failed.length === 0 ? 'nothing is in the way' : `${failed.length} of ${found.length} checks failed`);
  return failed.length === 0 ? EXIT.ok : EXIT.usage;
}

/** The account; what all other checks rest on is looked at first, and ends the examination. */
async function examineAccount(args: BatchArguments, context: Context): Promise<Looked[]> {
  try {
    const settings = readSettings(args);
    const { whoAsks } = await import('../aws/account.ts');
    const identity = await whoAsks();
    const { AWS_CHECKS } = await import('../doctor/aws.ts');
    const { BatchService } = await import('../executors/batch/service.ts');
    const service = new BatchService();
    try {
      const names = [settings.queue, settings.onDemandQueue].filter((name) => name !== undefined);
      const queues = await Promise.all(names.map((name) => service.queue(name)));
      return await lookAt(AWS_CHECKS, {
        identity,
        settings,
        store: context.storeName,
        queues,
      });
    } finally {
      service.close();
    }
  } catch (error) {
    const { message, code } = asNlpflowError(error);
    return [
      { check: 'aws', status: 'failed', words: message, remedy: REMEDIES[code] ?? 'the message says what to do' },
    ];
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  AWS_SETTINGS: 'set AWS_REGION and AWS_PROFILE, or sign in again',
  BATCH_QUEUE: 'correct --queue, or nlpflow configure aws makes queues',
  BATCH_SETTINGS: 'nlpflow configure aws prints the settings',
};
