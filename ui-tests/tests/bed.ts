/**
 * Real systems that a file of tests starts for itself, from `tests/beds/`.
 */
import { execFileSync } from 'child_process';
import { appendFileSync } from 'fs';
import { resolve } from 'path';

/** Start or stop one in the folder of the run; return what it prints. */
export function bed(name: string, action: 'up' | 'down'): string {
  const folder = `${process.env.JOBQUEUE_UI_FOLDER}/${name}`;
  const argv = ['-m', `tests.beds.${name}`, action, '--dir', folder];
  return execFileSync('python', argv, {
    cwd: resolve(__dirname, '../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8'
  });
}

/** Name tests that cannot run, here and in the last line of `make test`; return why. */
export function skipped(what: string, error: unknown): string {
  const told = String((error as { stderr?: string }).stderr || error).trim();
  console.warn(`*** SKIPPED: ${what}: ${told}`);
  if (process.env.SKIPPED_FILE) {
    const line = `browser tests on ${what}: it could not be started\n`;
    appendFileSync(process.env.SKIPPED_FILE, line);
  }
  return told;
}
