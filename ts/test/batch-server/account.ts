/** ECS, EC2, Service Quotas and STS: as much as it takes to find out why a job waits. */

/** What the account looks like; tests change it. */
export interface Account {
  /** vCPUs that Service Quotas grants, by quota code. */
  readonly quotas: Record<string, number>;
  /** Instance types with vCPUs and MiB. */
  readonly instanceTypes: Record<string, { vcpus: number; memory: number; architecture: 'x86_64' | 'arm64' }>;
  /** Instances that joined each ECS cluster, by the cluster's last name. */
  readonly registered: Record<string, number>;
  /** Instances that run for each compute environment. */
  readonly instances: Record<string, number>;
  /** Subnets and whether their route table has a way out. */
  readonly subnets: Record<string, { outward: boolean }>;
}

export function plainAccount(): Account {
  return {
    quotas: { 'L-34B43A08': 640, 'L-1216C47A': 640, 'L-3032A538': 640, 'L-36FBB829': 640 },
    instanceTypes: {
      'c6i.large': { vcpus: 2, memory: 4096, architecture: 'x86_64' },
      'm6i.xlarge': { vcpus: 4, memory: 16384, architecture: 'x86_64' },
      'm6g.xlarge': { vcpus: 4, memory: 16384, architecture: 'arm64' },
    },
    registered: {},
    instances: {},
    subnets: {},
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
  return undefined;
}

/** Answers a call of the query protocol (EC2, STS) with XML; undefined for what is not known. */
export function answerQuery(account: Account, form: URLSearchParams): string | undefined {
  const action = form.get('Action') ?? '';
  const listed = (name: string): string[] =>
    [...form].filter(([key]) => key.startsWith(`${name}.`)).map(([, value]) => value);
  switch (action) {
    case 'GetCallerIdentity':
      return wrapped(
        action,
        '<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:user/test</Arn><UserId>AIDATEST</UserId><Account>000000000000</Account></GetCallerIdentityResult>',
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
    default:
      return undefined;
  }
}

function set(name: string, items: readonly string[]): string {
  return `<${name}>${items.map((item) => `<item>${item}</item>`).join('')}</${name}>`;
}

function wrapped(action: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${action}Response>${inner}</${action}Response>`;
}
