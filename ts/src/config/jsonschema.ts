import { z } from 'zod';
import type { Registry } from '../native/registry.ts';
import { configSchema } from './schema.ts';

/** The parts of a JSON schema that messages read. */
export interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly anyOf?: JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** The published JSON schema of a configuration file (draft 2020-12), for editors and other tools. */
export function configJsonSchema(registry: Registry): JsonSchema {
  const schema = z.toJSONSchema(configSchema(registry), { io: 'input' });
  return {
    $schema: schema.$schema,
    title: 'nlpflow configuration',
    description: 'A table with a text column, how its texts become numbers, and the model that is tuned on them.',
    ...(schema as JsonSchema),
  };
}
