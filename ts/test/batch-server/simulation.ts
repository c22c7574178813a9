/** SimulatePrincipalPolicy: whether policies allow a call for a resource, by the rules of IAM. */

import { ServiceError } from './errors.ts';

/** As much of a policy as the simulation reads. */
export interface SimulatedPolicy {
  readonly Statement: readonly {
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  }[];
}

/** What is known of a principal: the calls that it is denied, and the only policy that it has, where it has one. */
export interface Principal {
  readonly arn: string;
  readonly denied: readonly string[];
  readonly policy: SimulatedPolicy | undefined;
}

/** Whether a call is allowed. Every resource is in a partition, and no principal reaches beyond its own. */
export function simulate(
  { arn, denied, policy }: Principal,
  action: string,
  resource: string,
  context: ReadonlyMap<string, readonly string[]>,
): boolean {
  if (denied.includes(action)) return false;
  if (resource !== '*' && resource.split(':')[1] !== arn.split(':')[1]) return false;
  if (!policy) return true;
  return policy.Statement.some(
    ({ Action, Resource, Condition = {} }) =>
      Action.some((pattern) => matches(pattern, action)) &&
      Resource.some((pattern) => matches(pattern, resource)) &&
      Object.values(Condition).every((one) =>
        Object.entries(one).every(([key, patterns]) => {
          const values = context.get(key) ?? [];
          const listed = typeof patterns === 'string' ? [patterns] : patterns;
          return values.length > 0 && values.every((value) => listed.some((pattern) => matches(pattern, value)));
        }),
      ),
  );
}

/** Members of a list of the query protocol, each by its fields: `ContextEntries.member.1.ContextKeyName`. */
export function contextOf(form: URLSearchParams): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (let index = 1; form.has(`ContextEntries.member.${index}.ContextKeyName`); index += 1) {
    const entry = `ContextEntries.member.${index}.`;
    const values = [...form].filter(([key]) => key.startsWith(`${entry}ContextKeyValues.`)).map(([, value]) => value);
    found.set(form.get(`${entry}ContextKeyName`) ?? '', values);
  }
  return found;
}

/** IAM simulates users and roles by their whole ARN only. */
export function noSuchPrincipal(arn: string): ServiceError {
  return new ServiceError('NoSuchEntity', `the role or user ${arn} cannot be found`, 404);
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(text);
}
