/** Errors as AWS Batch answers them: a name and a message, ClientException for what the caller did wrong. */

export class ServiceError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status: number) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** What a caller did wrong. */
export function clientError(message: string): ServiceError {
  return new ServiceError('ClientException', message, 400);
}

/** Throws a ClientException unless `condition` holds. */
export function demand(condition: unknown, message: string): asserts condition {
  if (!condition) throw clientError(message);
}
