/** One client for one piece of work: its errors come out as ours, and it is closed whatever happens. */

import { awsProblem } from '../executors/batch/problems.ts';

/** Asks a client, which is closed afterwards; `what` names the call in messages. */
export async function withClient<Client extends { destroy(): void }, Value>(
  client: Client,
  what: string,
  ask: (client: Client) => Promise<Value>,
): Promise<Value> {
  try {
    return await ask(client);
  } catch (error) {
    throw awsProblem(what, error);
  } finally {
    client.destroy();
  }
}

/** The same for what is good to know but not needed: undefined for a person who may not ask. */
export async function asked<Client extends { destroy(): void }, Value>(
  client: Client,
  ask: (client: Client) => Promise<Value>,
): Promise<Value | undefined> {
  return withClient(client, 'a call', ask).catch(() => undefined);
}
