import { spawn } from 'node:child_process';

/** Milliseconds after which a program that still runs is taken for a browser that has opened. */
const PATIENCE = 3000;

/** The program that opens a file on this platform, or undefined where nothing can be shown. */
export function opener(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): readonly [command: string, ...arguments_: string[]] | undefined {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['cmd', '/c', 'start', '""'];
  const hasScreen = Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'] || env['BROWSER']);
  return hasScreen ? ['xdg-open'] : undefined;
}

/** Opens a file with the program that the platform has for it; resolves to whether that went well. */
export async function openFile(path: string, env: NodeJS.ProcessEnv, platform = process.platform): Promise<boolean> {
  const [command, ...before] = opener(platform, env) ?? [];
  if (command === undefined) return false;
  return new Promise((resolve) => {
    const child = spawn(command, [...before, path], { stdio: 'ignore', detached: true, env });
    // A browser may stay in the foreground of its opener for as long as it is open.
    const timer = setTimeout(() => resolve(true), PATIENCE);
    const ended = (opened: boolean) => {
      clearTimeout(timer);
      resolve(opened);
    };
    child.on('error', () => ended(false));
    child.on('exit', (code) => ended(code === 0));
    child.unref();
  });
}
