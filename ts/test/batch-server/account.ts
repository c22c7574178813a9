/** ECS, EC2, Service Quotas and STS: as much as it takes to find out why a job waits. */

import { ServiceError } from './errors.ts';
import { contextOf, noSuchPrincipal, type SimulatedPolicy, simulate } from './simulation.ts';

/** What the account looks like; tests change it. */
export interface Account {
  /** vCPUs that Service Quotas grants, by quota code. */
  readonly quotas: Record<string, number>;
  /** Instance types with vCPUs and MiB. */
  readonly instanceTypes: Record<string, { vcpus: number; memory: number; architecture: 'x86_64' | 'arm64' }>;
  /** Dollars an hour on Spot, by instance type. */
  readonly spotPrices: Record<string, number[]>;
  /** Instances that joined each ECS cluster, by the cluster's last name. */
  readonly registered: Record<string, number>;
  /** Instances that run for each compute environment. */
  readonly instances: Record<string, number>;
  /** Subnets and whether their route table has a way out. */
  readonly subnets: Record<string, { outward: boolean }>;
  /** Processors of each image, by tag. */
  readonly images: Record<string, string[]>;
  /** Services that may take on a role, by the role's name. */
  readonly roles: Record<string, string[]>;
  /** Calls that a simulation denies, by the last name of the principal. */
  readonly denied: Record<string, string[]>;
  /** The only policy of a principal, by its last name; without one it may do everything. */
  readonly policies: Record<string, SimulatedPolicy>;
  /** ARNs of roles with a path or in another partition, by the role's name. */
  readonly roleArns: Record<string, string>;
  readonly logGroups: string[];
  /** Who asks. */
  caller: string;
  /** What STS says instead of who asks. */
  refusal?: string;
  /** Milliseconds by which the `Date` of answers is wrong. */
  clockSkew: number;
}

export function plainAccount(): Account {
  return {
    quotas: { 'L-34B43A08': 640, 'L-1216C47A': 640, 'L-3032A538': 640, 'L-36FBB829': 640 },
    instanceTypes: {
      'c6i.large': { vcpus: 2, memory: 4096, architecture: 'x86_64' },
      'm6i.xlarge': { vcpus: 4, memory: 16384, architecture: 'x86_64' },
      'm6g.xlarge': { vcpus: 4, memory: 16384, architecture: 'arm64' },
    },
    spotPrices: { 'm6i.xlarge': [0.06, 0.07, 0.08], 'm6i.large': [0.03, 0.035] },
    registered: {},
    instances: {},
    subnets: {},
    images: { test: ['amd64', 'arm64'] },
    roles: { job: ['ecs-tasks.amazonaws.com'], execution: ['ecs-tasks.amazonaws.com'] },
    denied: {},
    policies: {},
    roleArns: {},
    caller: 'arn:aws:iam::000000000000:user/test',
    logGroups: ['/nlpflow/tasks'],
    clockSkew: 0,
  };
}

/** Answers a call in JSON 1.1 (ECS, Service Quotas); undefined for what is not known. */
export function answerJson(account: Account, operation: string, body: Record<string, unknown>): object | undefined {
  if (operation === 'DescribeClusters') {
    const clusters = (body['clusters'] as string[] | undefined) ?? [];
    return {
      clusters: clusters.map((clusterArn) => ({
        clusterArn,
        status: 'ACTIVE',
        registeredContainerInstancesCount: account.registered[clusterArn.split('/').at(-1) ?? ''] ?? 0,
      })),
      failures: [],
    };
  }
  if (operation === 'GetServiceQuota') {
    const code = String(body['QuotaCode']);
    const value = account.quotas[code];
    return value === undefined
      ? undefined
      : { Quota: { ServiceCode: body['ServiceCode'], QuotaCode: code, Value: value } };
  }
  if (operation === 'BatchGetImage') {
    const [{ imageTag = '' } = {}] = (body['imageIds'] as { imageTag?: string }[] | undefined) ?? [];
    const manifests = account.images[imageTag]?.map((architecture) => ({ platform: { os: 'linux', architecture } }));
    return {
      images: manifests ? [{ imageManifest: JSON.stringify({ schemaVersion: 2, manifests }) }] : [],
      failures: [],
    };
  }
  if (operation === 'DescribeLogGroups') {
    const prefix = String(body['logGroupNamePrefix'] ?? '');
    const names = account.logGroups.filter((name) => name.startsWith(prefix));
    return { logGroups: names.map((logGroupName) => ({ logGroupName })) };
  }
  return undefined;
}

/** Answers a call of the query protocol (EC2, STS) with XML; undefined for what is not known. */
export function answerQuery(account: Account, form: URLSearchParams): string | undefined {
  const action = form.get('Action') ?? '';
  const listed = (name: string): string[] =>
    [...form].filter(([key]) => key.startsWith(`${name}.`)).map(([, value]) => value);
  switch (action) {
    case 'GetCallerIdentity':
      if (account.refusal) throw new ServiceError(account.refusal, 'refused', 403);
      return wrapped(
        action,
        `<GetCallerIdentityResult><Arn>${account.caller}</Arn><UserId>AIDATEST</UserId><Account>${account.caller.split(':')[4]}</Account></GetCallerIdentityResult>`,
      );
    case 'DescribeInstanceTypes':
      return wrapped(
        action,
        set(
          'instanceTypeSet',
          Object.entries(account.instanceTypes)
            .filter(([name]) => listed('InstanceType').length === 0 || listed('InstanceType').includes(name))
            .map(
              ([name, { vcpus, memory, architecture }]) =>
                `<instanceType>${name}</instanceType><vCpuInfo><defaultVCpus>${vcpus}</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>${memory}</sizeInMiB></memoryInfo><processorInfo><supportedArchitectures><item>${architecture}</item></supportedArchitectures></processorInfo>`,
            ),
        ),
      );
    case 'DescribeSpotPriceHistory': {
      if (account.denied['spot']) throw new ServiceError('UnauthorizedOperation', 'you may not', 403);
      const wanted = listed('InstanceType');
      const prices = Object.entries(account.spotPrices).filter(([type]) => wanted.includes(type));
      const items = prices.flatMap(([type, all]) =>
        all.map(
          (price) =>
            `<instanceType>${type}</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>${price}</spotPrice><timestamp>2026-11-24T00:00:00.000Z</timestamp><availabilityZone>eu-test-1a</availabilityZone>`,
        ),
      );
      return wrapped(action, set('spotPriceHistorySet', items));
    }
    case 'DescribeRouteTables': {
      const wanted = listed('Filter').filter((value) => value in account.subnets);
      const routes = wanted.map((subnet) => {
        const outward = account.subnets[subnet]?.outward
          ? '<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId></item>'
          : '';
        return `<routeTableId>rtb-1</routeTableId><routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item>${outward}</routeSet><associationSet><item><subnetId>${subnet}</subnetId></item></associationSet>`;
      });
      return wrapped(action, set('routeTableSet', routes));
    }
    case 'GetRole': {
      const name = form.get('RoleName') ?? '';
      const services = account.roles[name];
      if (!services) throw new ServiceError('NoSuchEntity', 'there is no such role', 404);
      const document = encodeURIComponent(JSON.stringify({ Statement: [{ Principal: { Service: services } }] }));
      return wrapped(
        action,
        `<GetRoleResult><Role><RoleName>${name}</RoleName><Arn>${roleArn(account, name)}</Arn><AssumeRolePolicyDocument>${document}</AssumeRolePolicyDocument></Role></GetRoleResult>`,
      );
    }
    case 'SimulatePrincipalPolicy': {
      const arn = form.get('PolicySourceArn') ?? '';
      const last = arn.split('/').at(-1) ?? '';
      if (arn !== account.caller && arn !== roleArn(account, last)) throw noSuchPrincipal(arn);
      const principal = { arn, denied: account.denied[last] ?? [], policy: account.policies[last] };
      const [resource = '*'] = listed('ResourceArns');
      const results = listed('ActionNames').map(
        (name) =>
          `<member><EvalActionName>${name}</EvalActionName><EvalDecision>${simulate(principal, name, resource, contextOf(form)) ? 'allowed' : 'implicitDeny'}</EvalDecision></member>`,
      );
      return wrapped(
        action,
        `<SimulatePrincipalPolicyResult><EvaluationResults>${results.join('')}</EvaluationResults></SimulatePrincipalPolicyResult>`,
      );
    }
    default:
      return undefined;
  }
}

function roleArn({ roleArns }: Account, name: string): string {
  return roleArns[name] ?? `arn:aws:iam::000000000000:role/${name}`;
}

function set(name: string, items: readonly string[]): string {
  return `<${name}>${items.map((item) => `<item>${item}</item>`).join('')}</${name}>`;
}

function wrapped(action: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${action}Response>${inner}</${action}Response>`;
}
