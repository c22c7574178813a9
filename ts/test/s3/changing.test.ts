/** A file whose bytes are not those of its digest is not made an object: S3 would keep it under a false one. */

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/store/s3/address.ts';
import { connect } from '../../src/store/s3/client.ts';
import { upload } from '../../src/store/s3/files.ts';
import { S3Objects } from '../../src/store/s3/objects.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { freshUrl, useS3 } from './places.ts';
import { HAS_S3, type S3Server, startS3 } from './server.ts';

let server: S3Server;

describe.skipIf(!HAS_S3)('S3 and a file that changed after its digest was taken', () => {
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.close());

  test.each([
    ['an empty one', 0],
    ['in one piece', 1_000],
    ['in several parts', 20 << 20],
  ])('%s', async (_, size) => {
    useS3(server);
    const objects = new S3Objects(connect(), parseAddress(freshUrl(server)));
    const file = join(await temporaryFolder(), 'a.csv');
    const before = Buffer.alloc(size, 'a');
    await writeFile(file, Buffer.concat([before, Buffer.from('changed')]));
    const digest = createHash('sha256').update(before).digest('hex');
    await expect(upload(objects, 'data/x/a.csv', file, digest)).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    expect(await objects.head('data/x/a.csv')).toBeNull();
    await writeFile(file, before);
    await upload(objects, 'data/x/a.csv', file, digest);
    expect(await objects.head('data/x/a.csv')).toMatchObject({ bytes: size, digest });
  });
});
