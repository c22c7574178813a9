/** Pieces of a CloudFormation template as data. */

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: 'Retain' | 'Delete';
  readonly UpdateReplacePolicy?: 'Retain' | 'Delete';
}

export type Resources = Readonly<Record<string, Resource>>;

export function ref(name: string): { Ref: string } {
  return { Ref: name };
}

export function attribute(name: string, of: string): { 'Fn::GetAtt': [string, string] } {
  return { 'Fn::GetAtt': [name, of] };
}

/** A value whose texts may hold placeholders of CloudFormation. */
export function substituted(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('$' + '{AWS::') ? { 'Fn::Sub': escaped(value) } : value;
  if (Array.isArray(value)) return value.map(substituted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, substituted(one)]));
}

/** Variables of IAM are not CloudFormation's to fill in. */
function escaped(text: string): string {
  return text.replace(/\$\{(?!AWS::)/g, '$' + '{!');
}

/** Tags as most resources take them. */
export function tags(name: string): { Key: string; Value: string }[] {
  return Object.entries(tagMap(name)).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags as AWS Batch takes them. */
export function tagMap(name: string): Record<string, string> {
  return { Name: name, 'nlpflow:setup': name };
}
