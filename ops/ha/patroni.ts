// What patroni.yml asks of the machine that it is filled in on.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Settings } from './settings.ts';

/** Under 3.0.2, a leader that had hung led again when it went on, and acknowledged orders were thrown away. */
const OLDEST_PATRONI = 4;
const PLACES = { patroni: 'patroni', device: '/dev/watchdog' };

/** @throws Error where `patroni --version` said anything but a version that will do */
export function requirePatroni(said: string): void {
  const [version, major] = /\b(\d+)\.\d+(?:\.\d+)?/.exec(said) ?? [];
  if (version === undefined) throw new Error(`which version of Patroni is this: ${said || 'none'}`);
  if (Number(major) >= OLDEST_PATRONI) return;
  throw new Error(
    `Patroni ${version} is too old: it loses acknowledged orders when a leader hangs and goes on. ` +
      `Install ${OLDEST_PATRONI}.0 or newer.`,
  );
}

/**
 * Adds what the machine itself knows: `WATCHDOG_MODE`, unless it is given.
 * @param warn is called with each warning
 * @throws Error where Patroni is too old
 */
export function askMachine(
  settings: Settings,
  warn: (line: string) => void,
  { patroni, device } = PLACES,
): Settings {
  const { stdout, error } = spawnSync(patroni, ['--version'], { encoding: 'utf8' });
  if (error === undefined) requirePatroni(stdout.trim());
  else
    warn(
      `patroni is not installed here: install ${OLDEST_PATRONI}.0 or newer, older ones lose orders`,
    );
  if (settings['WATCHDOG_MODE'] !== undefined) return settings;
  if (existsSync(device)) return { ...settings, WATCHDOG_MODE: 'required' };
  warn(
    `NO WATCHDOG: there is no ${device} on this machine. Nothing will reset it when Patroni hangs while PostgreSQL ` +
      'goes on. Load softdog or the driver of the hardware, and fill this file in again.',
  );
  return { ...settings, WATCHDOG_MODE: 'automatic' };
}
