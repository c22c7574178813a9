/** What scripts/image asks of docker and of the AWS command line, with programs in their place that note it. */

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../../scripts/image', import.meta.url));
const REPOSITORY = '000000000000.dkr.ecr.eu-test-1.amazonaws.com/nlpflow';
/** Answers the question whether a tag is there with IS_PUSHED, and the one for a password. */
const STANDING_IN = `#!/usr/bin/env bash
printf '%s %s\\n' "\${0##*/}" "$*" >>"$NOTES"
case "$*" in
  *batch-get-image*) printf '%s\\n' "$IS_PUSHED" ;;
  *get-login-password*) printf 'secret-word\\n' ;;
  *password-stdin*) cat >/dev/null ;;
esac
`;

let checkout: string;
let tag: string;

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'nlpflow-image-'));
  await mkdir(join(checkout, 'scripts'));
  await mkdir(join(checkout, 'bin'));
  await cp(SCRIPT, join(checkout, 'scripts', 'image'));
  for (const name of ['docker', 'aws']) await writeFile(join(checkout, 'bin', name), STANDING_IN, { mode: 0o755 });
  await writeFile(join(checkout, '.gitignore'), 'notes\n');
  const git = (...line: string[]) =>
    run('git', ['-C', checkout, '-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false', ...line]);
  await git('init', '-q');
  await git('add', '.');
  await git('commit', '-q', '-m', 'all');
  tag = (await git('rev-parse', 'HEAD')).stdout.slice(0, 12);
});
afterAll(() => rm(checkout, { recursive: true, force: true }));
beforeEach(() => writeFile(join(checkout, 'notes'), ''));

async function image(line: string, of: { pushed?: boolean; repository?: string } = {}) {
  const env = {
    PATH: [join(checkout, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    HOME: checkout,
    NOTES: join(checkout, 'notes'),
    IS_PUSHED: of.pushed ? '1' : '0',
    NLPFLOW_BUILDER: 'docker',
    NLPFLOW_REPOSITORY: of.repository ?? REPOSITORY,
  };
  const words = line === '' ? [] : line.split(' ');
  const ended = await run(join(checkout, 'scripts', 'image'), words, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  const notes = (await readFile(join(checkout, 'notes'), 'utf8')).split('\n').filter((one) => one !== '');
  const { code, stdout, stderr } = ended;
  return { code, stdout, stderr, notes };
}

test('an image is called after its commit, which it also says of itself', async () => {
  const { code, stdout, notes } = await image('');
  expect({ code, stdout }).toEqual({ code: 0, stdout: `export NLPFLOW_IMAGE=${REPOSITORY}:${tag}\n` });
  expect(notes).toEqual([
    expect.stringMatching(
      new RegExp(`^docker build --build-arg COMMIT=${tag}[0-9a-f]{28} -t ${REPOSITORY}:${tag} -f \\S+ \\S+$`),
    ),
  ]);
});

test('--push signs in, builds for the platform and pushes; the password is nowhere to be seen', async () => {
  const { code, stdout, stderr, notes } = await image('--platform linux/arm64 --push');
  expect({ code, stdout }).toEqual({ code: 0, stdout: `export NLPFLOW_IMAGE=${REPOSITORY}:${tag}-arm64\n` });
  expect(notes.map((one) => one.split(' ').slice(0, 3).join(' ')).sort()).toEqual([
    'aws ecr batch-get-image',
    'aws ecr get-login-password',
    'docker build --platform',
    'docker login --username',
    `docker push ${REPOSITORY}:${tag}-arm64`,
  ]);
  expect([stdout, stderr, ...notes].join('\n')).not.toContain('secret-word');
});

test('a commit that was pushed is not built again', async () => {
  const { code, stdout, notes } = await image('--push', { pushed: true });
  expect({ code, stdout }).toEqual({ code: 0, stdout: `export NLPFLOW_IMAGE=${REPOSITORY}:${tag}\n` });
  expect(notes.filter((one) => /docker (?:build|push)/.test(one))).toEqual([]);
});

test('--join gives one name to the images of both platforms', async () => {
  const { code, notes } = await image('--join');
  const name = `${REPOSITORY}:${tag}`;
  expect(code).toBe(0);
  expect(notes.at(-1)).toBe(`docker buildx imagetools create --tag ${name} ${name}-amd64 ${name}-arm64`);
});

test('what is not committed is not pushed, and nothing to a place that is not of ECR', async () => {
  expect(await image('--push', { repository: 'registry.test/nlpflow' })).toMatchObject({ code: 2, notes: [] });
  await writeFile(join(checkout, 'new'), '');
  expect(await image('--push')).toMatchObject({ code: 2, notes: [] });
});
