/** Secrets of the environment never reach a file of the store, whatever a worker prints or a person types. */

/** Variables whose values are secret by their names. */
const SECRET_NAME = /SECRET|TOKEN|PASSW|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_KEY/i;
/** Those of nlpflow hold settings, such as the greatest number of tokens. */
const OWN_NAME = /^NLPFLOW_/;
/** Shorter values are words that may stand anywhere. */
const SHORTEST = 8;
const BLOT = '***';

/** Values that must not be written. */
export function secretValues(environment: NodeJS.ProcessEnv = process.env): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && value.length >= SHORTEST && SECRET_NAME.test(name) && !OWN_NAME.test(name) ? [value] : [],
  );
}

/** Whether something was taken out of a text. */
export function isBlotted(text: string): boolean {
  return text.includes(BLOT);
}

/** A text without the values of secret variables and without passwords in URLs. */
export function blotOut(text: string, secrets: readonly string[]): string {
  const clean = secrets.reduce((blotted, secret) => blotted.replaceAll(secret, BLOT), text);
  return clean.replace(/(?<=:\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g, BLOT);
}
