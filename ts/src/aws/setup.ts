/** What `configure aws` sets up, and what everything in it is called. */

import { NlpflowError } from '../errors.ts';

/** Placeholders of CloudFormation, in names and ARNs alike; policies for people have the account's own values instead. */
export const PARTITION = '$' + '{AWS::Partition}';
export const REGION = '$' + '{AWS::Region}';
export const ACCOUNT = '$' + '{AWS::AccountId}';

export interface Setup {
  /** Name of the stack, and first part of all other names. */
  readonly name: string;
  /** A bucket that is there already; without one the stack makes `bucketOf`. */
  readonly bucket?: string;
  /** Runs lie below it. */
  readonly prefix: string;
  /** Of each compute environment. */
  readonly maxVcpus: number;
  /** Subnets that are there already; without them the stack makes a network of its own. */
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  /** `OWNER/REPOSITORY` whose workflow may push images. */
  readonly github?: string;
  /** Whether the account trusts GitHub's tokens already: there can be one such provider only. */
  readonly hasGithubProvider: boolean;
}

/** The options of the command line that `readSetup` reads. */
export interface SetupArguments {
  readonly name: string;
  readonly bucket: string | undefined;
  readonly prefix: string;
  readonly 'max-vcpus': number;
  readonly subnets: string[];
  readonly 'security-groups': string[];
  readonly github: string | undefined;
}

/** Settings from options. Throws `USAGE` for what no resource may be called. */
export function readSetup(args: SetupArguments): Setup {
  const { name, bucket, prefix, github } = args;
  const maxVcpus = args['max-vcpus'];
  const [subnets, securityGroups] = [listed(args.subnets), listed(args['security-groups'])];
  // The bucket is called after it, and buckets have the strictest names.
  if (!/^[a-z][a-z0-9-]{0,24}$/.test(name)) {
    throw new NlpflowError('USAGE', `--name must be 1 to 25 of a-z 0-9 -, beginning with a letter, not ${name}`);
  }
  if (!/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(prefix)) {
    throw new NlpflowError('USAGE', `--prefix must be words of A-Z a-z 0-9 _ - with / between them, not ${prefix}`);
  }
  if (!Number.isInteger(maxVcpus) || maxVcpus < 1 || maxVcpus > 100_000) {
    throw new NlpflowError('USAGE', `--max-vcpus must be a whole number from 1 to 100000, not ${maxVcpus}`);
  }
  if (subnets.length > 0 !== securityGroups.length > 0) {
    throw new NlpflowError(
      'USAGE',
      '--subnets and --security-groups belong together: give both, or none for a new network',
    );
  }
  if (github !== undefined && !/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(github)) {
    throw new NlpflowError('USAGE', `--github must be OWNER/REPOSITORY, not ${github}`);
  }
  return {
    name,
    prefix,
    maxVcpus,
    subnets,
    securityGroups,
    hasGithubProvider: false,
    ...(bucket ? { bucket } : {}),
    ...(github === undefined ? {} : { github }),
  };
}

/** The bucket of a setup; a name of CloudFormation's while the account is not known. */
export function bucketOf({ bucket, name }: Setup): string {
  return bucket ?? `${name}-${ACCOUNT}-${REGION}`;
}

/** Where containers write what they print. */
export function logGroupOf({ name }: Setup): string {
  return `/${name}/tasks`;
}

/** The kinds of queue, each with one compute environment. A new kind is a line here and one in `compute.ts`. */
export const QUEUES = ['fargate', 'fargate-spot', 'spot'] as const;

/** The queue of a kind. */
export function queueOf({ name }: Setup, kind: (typeof QUEUES)[number]): string {
  return `${name}-${kind}`;
}

/** A repeated option whose values may hold commas. */
function listed(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).filter((value) => value !== '');
}
