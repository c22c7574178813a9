/** The stack of a setup: made, brought up to date, removed. It brings the SDK along: load it only where AWS is set up. */

import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { NlpflowError } from '../errors.ts';
import { type Clock, WALL_CLOCK } from '../executors/batch/clock.ts';
import { awsProblem } from '../executors/batch/problems.ts';
import type { Template } from './template.ts';

/** Milliseconds between two looks at a stack that changes. */
const LOOK = 5_000;
/** Instances end slowly, and with them what they use: removing is tried so often. */
const DELETIONS = 3;

/** What became of a stack. */
export type Change = 'created' | 'updated' | 'unchanged';

export class SetupStack {
  readonly #name: string;
  readonly #client: CloudFormationClient;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor(name: string, signal: AbortSignal, clock: Clock = WALL_CLOCK) {
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    this.#name = name;
    this.#signal = signal;
    this.#clock = clock;
    this.#client = new CloudFormationClient({});
  }

  close(): void {
    this.#client.destroy();
  }

  /** Makes the stack what the template says; nothing is done when it is so already. */
  async apply(template: Template): Promise<Change> {
    let stack = await this.settled();
    if (stack?.StackStatus === 'ROLLBACK_COMPLETE') {
      // A stack whose first creation failed holds nothing and can only be removed.
      await this.remove();
      stack = undefined;
    }
    const request = {
      StackName: this.#name,
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_IAM' as const],
      Tags: [{ Key: 'nlpflow:setup', Value: this.#name }],
    };
    if (!stack) {
      await this.#call('CreateStack', () => this.#client.send(new CreateStackCommand(request)));
      await this.#demand(await this.settled(), 'CREATE_COMPLETE');
      return 'created';
    }
    const { TemplateBody } = await this.#call('GetTemplate', () =>
      this.#client.send(new GetTemplateCommand({ StackName: this.#name, TemplateStage: 'Original' })),
    );
    const isSound = stack.StackStatus === 'CREATE_COMPLETE' || stack.StackStatus === 'UPDATE_COMPLETE';
    if (isSound && TemplateBody === request.TemplateBody) return 'unchanged';
    try {
      await this.#call('UpdateStack', () => this.#client.send(new UpdateStackCommand(request)));
    } catch (error) {
      if (/No updates are to be performed/.test(String(error))) return 'unchanged';
      throw error;
    }
    await this.#demand(await this.settled(), 'UPDATE_COMPLETE');
    return 'updated';
  }

  /** Removes the stack; CloudFormation knows the order, and what is slow to go is tried again. */
  async remove(): Promise<boolean> {
    if (!(await this.settled())) return false;
    for (let turn = 1; ; turn += 1) {
      await this.#call('DeleteStack', () => this.#client.send(new DeleteStackCommand({ StackName: this.#name })));
      const left = await this.settled();
      if (!left) return true;
      if (turn === DELETIONS) await this.#demand(left, 'DELETE_COMPLETE');
    }
  }

  /** The outputs of a stack by their names. */
  async outputs(): Promise<Record<string, string>> {
    const { Outputs = [] } = (await this.settled()) ?? {};
    return Object.fromEntries(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  }

  /** Logical names of what the stack holds; none without a stack. */
  async holds(): Promise<ReadonlySet<string>> {
    if (!(await this.settled())) return new Set();
    const { StackResources = [] } = await this.#call('DescribeStackResources', () =>
      this.#client.send(new DescribeStackResourcesCommand({ StackName: this.#name })),
    );
    const there = StackResources.filter(({ ResourceStatus }) => ResourceStatus !== 'DELETE_COMPLETE');
    return new Set(there.map(({ LogicalResourceId }) => LogicalResourceId ?? ''));
  }

  /** The stack once nothing changes in it any more; undefined when there is none. */
  async settled(): Promise<Stack | undefined> {
    for (;;) {
      const stack = await this.#look();
      if (!stack || stack.StackStatus === 'DELETE_COMPLETE') return undefined;
      if (!stack.StackStatus?.endsWith('_IN_PROGRESS')) return stack;
      await this.#clock.sleep(LOOK, this.#signal);
      if (this.#signal.aborted) {
        throw new NlpflowError(
          'INTERRUPTED',
          `interrupted; AWS goes on with the stack ${this.#name}: the same command watches it again`,
        );
      }
    }
  }

  async #look(): Promise<Stack | undefined> {
    try {
      const { Stacks = [] } = await this.#client.send(new DescribeStacksCommand({ StackName: this.#name }));
      return Stacks[0];
    } catch (error) {
      if (/does not exist/.test(String(error))) return undefined;
      throw awsProblem('DescribeStacks', error);
    }
  }

  /** Throws what went wrong first when the stack did not become what it should. */
  async #demand(stack: Stack | undefined, wanted: string): Promise<void> {
    if (stack?.StackStatus === wanted) return;
    const { StackEvents = [] } = await this.#call('DescribeStackEvents', () =>
      this.#client.send(new DescribeStackEventsCommand({ StackName: stack?.StackId ?? this.#name })),
    );
    // Newest first; what was cancelled is a consequence.
    const failed = StackEvents.filter(
      ({ ResourceStatus, ResourceStatusReason = '' }) =>
        ResourceStatus?.endsWith('_FAILED') && !/cancelled/i.test(ResourceStatusReason),
    ).at(-1);
    const why = failed ? `${failed.LogicalResourceId}: ${failed.ResourceStatusReason}` : stack?.StackStatusReason;
    throw new NlpflowError(
      'AWS_REFUSED',
      `the stack ${this.#name} is ${stack?.StackStatus ?? 'gone'}, not ${wanted}: ${why ?? 'no reason given'}; correct it and give the same command again`,
    );
  }

  async #call<Value>(what: string, call: () => Promise<Value>): Promise<Value> {
    try {
      return await call();
    } catch (error) {
      if (/No updates are to be performed/.test(String(error))) throw error;
      throw awsProblem(what, error);
    }
  }
}
