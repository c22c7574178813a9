/** The native add-on: loading it, and the rules of the boundary (coded errors, cancellation, progress that cannot throw). */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NlpflowError } from '../errors.ts';
import type { NativeStageName, NativeStages, Progress } from './stages.ts';

interface NativeCancelToken {
  cancel(): void;
}

/** The add-on's exports, as `crates/node` declares them. */
interface NativeAddon {
  describe(): string;
  stage(
    name: string,
    options: object,
    token: NativeCancelToken,
    progress: (progress: Progress) => void,
  ): Promise<string>;
  digest(path: string): Promise<string>;
  writeTable(ipc: Buffer, path: string): Promise<void>;
  CancelToken: new () => NativeCancelToken;
}

/** How a native stage is run. */
export interface StageRun {
  readonly signal?: AbortSignal;
  /** Called with throttled progress; what it throws is dropped. */
  readonly progress?: (progress: Progress) => void;
}

let loaded: NativeAddon | undefined;

/** Runs a native stage; an aborted signal ends it with code `CANCELLED`. */
export async function runStage<Name extends NativeStageName>(
  name: Name,
  options: NativeStages[Name][0],
  run: StageRun = {},
): Promise<NativeStages[Name][1]> {
  const native = addon();
  const { signal, progress } = run;
  if (signal?.aborted) throw new NlpflowError('CANCELLED', `${name}: cancelled before it began`);
  const token = new native.CancelToken();
  const cancel = (): void => token.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return JSON.parse(await native.stage(name, options, token, quietly(progress))) as NativeStages[Name][1];
  } catch (error) {
    throw fromNative(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** SHA-256 of a file's bytes in hexadecimal. */
export async function digestFile(path: string): Promise<string> {
  try {
    return await addon().digest(path);
  } catch (error) {
    throw fromNative(error);
  }
}

/** Writes an Arrow IPC stream as a table; the extension chooses the format. */
export async function writeTable(ipc: Uint8Array, path: string): Promise<void> {
  try {
    await addon().writeTable(Buffer.from(ipc.buffer, ipc.byteOffset, ipc.byteLength), path);
  } catch (error) {
    throw fromNative(error);
  }
}

/** The native registry as JSON text; use `registry()` of `registry.ts`. */
export function describeNative(): string {
  return addon().describe();
}

/** Path of the add-on, or undefined when it was not built. */
export function addonPath(): string | undefined {
  const asked = process.env['NLPFLOW_NATIVE'];
  if (asked) return asked;
  // The bundle lies in ts/dist, the sources in ts/src/native: look upwards for ts/native, whichever of them is running.
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < 5; level += 1) {
    for (const place of [join(folder, 'native'), join(folder, 'ts', 'native')]) {
      const found = platformNames()
        .map((name) => join(place, `nlpflow.${name}.node`))
        .find((path) => existsSync(path));
      if (found !== undefined) return found;
    }
    folder = dirname(folder);
  }
  return undefined;
}

function addon(): NativeAddon {
  if (loaded) return loaded;
  const path = addonPath();
  if (path === undefined) {
    throw new NlpflowError(
      'NATIVE_MISSING',
      `the native add-on for ${platformNames()[0]} was not built; start nlpflow through scripts/nlpflow, which builds it`,
    );
  }
  try {
    loaded = createRequire(import.meta.url)(path) as NativeAddon;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NlpflowError('NATIVE_MISSING', `the native add-on ${path} cannot be loaded: ${why}`, { cause: error });
  }
  return loaded;
}

/** The platform's names as napi-rs writes them into the add-on's file name; Linux has one a C library. */
function platformNames(): string[] {
  const { platform, arch } = process;
  if (platform === 'linux') return [`linux-${arch}-gnu`, `linux-${arch}-musl`];
  return [platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`];
}

/** A callback that drops what the listener throws: an exception in a native callback would end the process. */
function quietly(progress: StageRun['progress']): (progress: Progress) => void {
  return (value) => {
    try {
      progress?.(value);
    } catch {
      // A broken display must not stop the work.
    }
  };
}

/** A native error as ours; an error without a code is a defect. */
function fromNative(error: unknown): NlpflowError {
  const native = error as { code?: unknown; message?: unknown; details?: unknown };
  const code = typeof native?.code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(native.code) ? native.code : 'INTERNAL';
  const message = typeof native?.message === 'string' ? native.message : String(error);
  const details = Array.isArray(native?.details) ? native.details.map(String) : [];
  return new NlpflowError(code, message, { cause: error, details });
}
