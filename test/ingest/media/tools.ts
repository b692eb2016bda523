/** Other people's programs, which judge our readers where they are installed. */
import { execFileSync } from 'node:child_process';

export function has(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs `tool` in `cwd` and returns what it prints. */
export function run(tool: string, args: readonly string[], cwd?: string): string {
  return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
}
