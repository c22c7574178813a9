/** Containers of a real image: `NLPFLOW_TEST_IMAGE` names it, `NLPFLOW_TEST_ENGINE` what runs it; scripts/image.d/check sets both. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { type Launch, localImage } from '../batch-server/container.ts';

const IMAGE = process.env['NLPFLOW_TEST_IMAGE'] ?? '';
const ENGINE = process.env['NLPFLOW_TEST_ENGINE'] ?? 'podman';

/** Without it the tests that need one are skipped visibly. */
export const HAS_IMAGE: boolean = IMAGE !== '';

/** The engine's own settings, which are none of the container's. */
const OF_ENGINE = /^(?:CONTAINERS_|XDG_|DOCKER_|TMPDIR$|HOME$)/;

/** Starts the image's entrypoint as ECS does; `environment` is what its role brings along. The servers of this machine are within reach. */
export function containerImage(environment: () => NodeJS.ProcessEnv): Launch {
  return (of) => {
    const name = `nlpflow-test-${randomBytes(6).toString('hex')}`;
    const own = { ...environment(), ...of.environment };
    const variables = Object.keys(own).flatMap((variable) => ['--env', variable]);
    const run = [ENGINE, 'run', '--rm', '--name', name, '--network', 'host', ...variables, IMAGE];
    const engine = Object.fromEntries(Object.entries(process.env).filter(([variable]) => OF_ENGINE.test(variable)));
    const { ended } = localImage(run, () => ({ ...engine, ...environment() }))(of);
    return {
      ended,
      kill: (signal) => void execFile(ENGINE, ['kill', '--signal', signal, name], () => {}),
    };
  };
}
