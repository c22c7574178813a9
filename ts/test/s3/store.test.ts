import { afterAll, beforeAll, describe } from 'vitest';
import { storeContract } from '../contract/store.suite.ts';
import { s3Place } from './places.ts';
import { HAS_S3, type S3Server, startS3 } from './server.ts';

let server: S3Server;

describe.skipIf(!HAS_S3)('S3', () => {
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.close());

  storeContract('S3', () => s3Place(server));
});
