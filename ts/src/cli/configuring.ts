/** `configure aws`: prints, sets up, removes. */

import { ensureBatchRole, hasBucket, type Identity, liveJobs, trustsGithub, whoAsks } from '../aws/account.ts';
import { POLICIES, policyIn } from '../aws/policies.ts';
import { bucketOf, QUEUES, queueOf, readSetup, type Setup, type SetupArguments } from '../aws/setup.ts';
import { SetupStack } from '../aws/stack.ts';
import { templateOf, VARIABLES } from '../aws/template.ts';
import { NlpflowError } from '../errors.ts';
import { type Clock, WALL_CLOCK } from '../executors/batch/clock.ts';
import type { Context } from './command.ts';

/** The arguments of `configure aws`. */
export type ConfigureArguments = SetupArguments & {
  readonly print: boolean | undefined;
  readonly 'iam-policy': string | undefined;
  readonly destroy: boolean | undefined;
};

/** Does what is asked; without a flag it makes the account what the template says. */
export async function configureAws(
  args: ConfigureArguments,
  context: Context,
  clock: Clock = WALL_CLOCK,
): Promise<void> {
  const setup = readSetup(args);
  const { out } = context;
  if ([args.print, args['iam-policy'], args.destroy].filter(Boolean).length > 1) {
    throw new NlpflowError('USAGE', 'give one of --print, --iam-policy and --destroy');
  }
  if (args.print) {
    out.document(templateOf(setup));
    return;
  }
  const identity = await whoAsks();
  if (args['iam-policy'] !== undefined) {
    const kind = args['iam-policy'] as keyof typeof POLICIES;
    out.document(policyIn(POLICIES[kind](setup), identity));
    return;
  }
  const stack = new SetupStack(setup.name, context.signal, clock);
  try {
    await (args.destroy ? destroy(setup, identity, stack, context) : apply(setup, identity, stack, context));
  } finally {
    stack.close();
  }
}

async function apply(asked: Setup, identity: Identity, stack: SetupStack, context: Context): Promise<void> {
  const { name } = asked;
  const activity = context.activity(
    `setting up ${name} in ${identity.account}, ${identity.region}; the first time takes some minutes`,
  );
  const setup = await found(asked, identity, await stack.holds());
  await ensureBatchRole();
  const change = await stack.apply(templateOf(setup));
  activity.end(`the stack ${name} is ${change}`);
  context.settle();
  const outputs = await stack.outputs();
  const settings = [
    ['AWS_REGION', identity.region],
    ...Object.entries(outputs).map(([output, value]) => [VARIABLES[output] ?? output, value] as const),
  ] as const;
  const { out } = context;
  out.result('configured', { stack: name, change, settings: Object.fromEntries(settings) });
  for (const [variable, value] of settings) {
    // What is no setting of the command line is said, but not exported.
    out.line(/^[A-Z_]+$/.test(variable) ? `export ${variable}=${value}` : `# ${variable}: ${value}`);
  }
}

/** What is there already and is not the stack's own is used, not made. */
async function found(setup: Setup, identity: Identity, holds: ReadonlySet<string>): Promise<Setup> {
  const bucket = placed(bucketOf(setup), identity);
  if (setup.bucket !== undefined && !(await hasBucket(bucket))) {
    throw new NlpflowError(
      'STORE_BUCKET_NOT_FOUND',
      `there is no bucket ${bucket}; leave --bucket out to have one made`,
    );
  }
  const isForeign = setup.bucket === undefined && !holds.has('Bucket') && (await hasBucket(bucket));
  const hasGithubProvider =
    setup.github !== undefined && !holds.has('GithubProvider') && (await trustsGithub(identity));
  return { ...setup, hasGithubProvider, ...(isForeign ? { bucket } : {}) };
}

async function destroy(setup: Setup, identity: Identity, stack: SetupStack, context: Context): Promise<void> {
  const live = await liveJobs(QUEUES.map((kind) => queueOf(setup, kind)));
  if (live > 0) {
    throw new NlpflowError(
      'RUN_ACTIVE',
      `${live} jobs are in the queues of ${setup.name}; end their runs with nlpflow cancel RUN, or wait`,
    );
  }
  const activity = context.activity(`removing the stack ${setup.name}`);
  const ownsBucket = (await stack.holds()).has('Bucket');
  const wasThere = await stack.remove();
  activity.end(wasThere ? `the stack ${setup.name} is gone` : `there is no stack ${setup.name}`);
  context.settle();
  const { out } = context;
  const kept = ownsBucket ? placed(bucketOf(setup), identity) : null;
  out.result('destroyed', { stack: setup.name, was_there: wasThere, kept });
  out.line(wasThere ? `the stack ${setup.name} is gone` : `there is no stack ${setup.name}`);
  if (kept !== null)
    out.line(`the bucket ${kept} is still there, with all runs: aws s3 rb s3://${kept} --force removes it`);
}

/** A name with the account's own values. */
function placed(name: string, place: Identity): string {
  return policyIn(
    { Version: '2012-10-17', Statement: [{ Sid: name, Effect: 'Allow', Action: [], Resource: [] }] },
    place,
  )
    .Statement.map(({ Sid }) => Sid)
    .join('');
}
