import { EXIT } from '../../errors.ts';
import { defineCommand } from '../command.ts';
import { CONFIG_OPTIONS } from '../options.ts';

export const config = defineCommand({
  name: 'config',
  summary: 'check a configuration, or print it with all defaults filled in',
  examples: [
    ['config nlpflow.yaml', 'say what is wrong with it'],
    ['config nlpflow.yaml --resolved', 'after files, environment, flags and defaults were merged'],
    ['config --schema', 'the JSON schema, for editors'],
  ],
  positionals: [
    { name: 'config', doc: 'configuration (default nlpflow.yaml), a table, or an earlier run', required: false },
  ],
  options: {
    ...CONFIG_OPTIONS,
    resolved: { type: 'boolean', doc: 'print the complete configuration' },
    schema: { type: 'boolean', doc: 'print the JSON schema of configurations' },
  },
  prints: true,
  handler: async (args, context) => {
    const { registry } = await import('../../native/registry.ts');
    const { out } = context;
    if (args.schema === true) {
      const { configJsonSchema } = await import('../../config/jsonschema.ts');
      out.document(configJsonSchema(registry()));
      return EXIT.ok;
    }
    const [{ resolveTarget }, { shorter }, { renderResolved }] = await Promise.all([
      import('../target.ts'),
      import('../../ui/format.ts'),
      import('../../config/template.ts'),
    ]);
    const target = await resolveTarget(args.config, args, context);
    out.result('config', target.config);
    if (args.resolved === true) {
      out.line(renderResolved(target.config));
    } else {
      out.line(
        `${target.configPath === null ? (args.config ?? '') : shorter(target.configPath, context.cwd)} is a valid configuration; --resolved prints it with all defaults`,
      );
    }
    return EXIT.ok;
  },
});
