/** Secrets of the environment never reach a file of the store, whatever a worker prints or a person types. */

/** Variables whose values are secret by their names. */
const SECRET_NAME = /SECRET|TOKEN|PASSW|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_KEY/i;
/** Shorter values are words that may stand anywhere. */
const SHORTEST = 8;
const BLOT = '***';

/** Values that must not be written. */
function secretValues(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= SHORTEST && SECRET_NAME.test(name) ? [value] : [],
  );
}

/** A text without the values of secret variables and without passwords in URLs. */
export function blotOut(text: string, secrets: readonly string[] = secretValues(process.env)): string {
  const clean = secrets.reduce((blotted, secret) => blotted.replaceAll(secret, BLOT), text);
  return clean.replace(/(?<=:\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g, BLOT);
}

/** Replacer for `JSON.stringify`: the texts of a document without secrets. */
export function blotting(): (name: string, value: unknown) => unknown {
  const secrets = secretValues(process.env);
  return (_, value) => (typeof value === 'string' ? blotOut(value, secrets) : value);
}
