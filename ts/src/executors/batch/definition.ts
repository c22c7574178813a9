/** Job definitions by content: what is unchanged is never registered again. */

import type { RegisterJobDefinitionRequest, RetryStrategy } from '@aws-sdk/client-batch';
import { keyOf } from '../../flow/keys.ts';
import type { BatchSettings } from './settings.ts';
import { legalSize, type Platform } from './sizes.ts';

/** Attempts of a task on one queue; reclaimed hosts use them up, too. */
export const ATTEMPTS = 10;
/** Attempts before a task moves to the on-demand queue. */
export const SPOT_ATTEMPTS = 2;

/** Retries what the machine did and nothing that the task did; without the last rule Batch would retry everything. */
export function retryStrategy(attempts: number): RetryStrategy {
  return {
    attempts,
    evaluateOnExit: [
      { onStatusReason: 'Host EC2*', action: 'RETRY' },
      { onStatusReason: 'Your Spot Task*', action: 'RETRY' },
      { onStatusReason: 'Task failed to start*', action: 'RETRY' },
      { onReason: 'DockerTimeoutError*', action: 'RETRY' },
      { onReason: '*', action: 'EXIT' },
    ],
  };
}

/**
 * For a run that nobody watches: a container that is killed whole (137), as where memory runs out, gets another attempt, which
 * finds out. What ends in any other way by itself is over; what never began is retried, since no rule matches it.
 */
export function unwatchedRetryStrategy(): RetryStrategy {
  return {
    attempts: ATTEMPTS,
    evaluateOnExit: [
      { onStatusReason: 'Host EC2*', action: 'RETRY' },
      { onStatusReason: 'Your Spot Task*', action: 'RETRY' },
      { onExitCode: '137', action: 'RETRY' },
      { onStatusReason: 'Essential container in task exited*', action: 'EXIT' },
    ],
  };
}

/** The definition that the settings mean on a platform; its name follows from its content. */
export function definitionOf(
  settings: BatchSettings,
  platform: Platform,
): RegisterJobDefinitionRequest & { jobDefinitionName: string } {
  const { vcpus, memory } = legalSize(settings.size, platform);
  const content = {
    type: 'container' as const,
    platformCapabilities: [platform],
    containerProperties: {
      image: settings.image,
      command: [],
      resourceRequirements: [
        { type: 'VCPU' as const, value: String(vcpus) },
        { type: 'MEMORY' as const, value: String(memory) },
      ],
      ...(settings.jobRole === undefined ? {} : { jobRoleArn: settings.jobRole }),
      ...(settings.executionRole === undefined ? {} : { executionRoleArn: settings.executionRole }),
      ...(settings.logGroup === undefined
        ? {}
        : { logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': settings.logGroup } } }),
      ...(platform === 'FARGATE' ? { networkConfiguration: { assignPublicIp: 'ENABLED' as const } } : {}),
    },
    retryStrategy: retryStrategy(ATTEMPTS),
    propagateTags: true,
  };
  const key = keyOf(content).slice(0, 16);
  return { jobDefinitionName: `nlpflow-${key}`, ...content, tags: { 'nlpflow:definition': key } };
}
