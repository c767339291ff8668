// Settings that the monitoring needs before it can notify anybody. No process of ours reads it: `npm run generate:monitoring`
// writes it into the files of Prometheus and Alertmanager, and `config check --monitoring` asks for it.
import { isPlaceholder } from './forms.ts';
import type { Env } from './sources.ts';

export interface MonitoringSetting {
  readonly name: string;
  readonly description: string;
  readonly pattern: RegExp;
  readonly form: string;
  /** What does not happen without it. */
  readonly without: string;
}

const WEB = /^https?:\/\/[^\s]+$/;
const MAIL = /^[^\s@]+@[^\s@]+$/;
const setting = (
  name: string,
  description: string,
  [pattern, form]: readonly [RegExp, string],
  without: string,
): MonitoringSetting => ({ name, description, pattern, form, without });

export const MONITORING_SETTINGS: readonly MonitoringSetting[] = [
  setting(
    'MONITORING_SITE_URL',
    'Address that is probed from outside: `/health/ready` of PUBLIC_URL',
    [WEB, 'https://…'],
    'nobody looks from outside, and no certificate is watched',
  ),
  setting(
    'MONITORING_PAGER_URL',
    'Webhook of the pager; its token is the secret pager_token',
    [WEB, 'https://…'],
    'pages go nowhere',
  ),
  setting(
    'MONITORING_HEARTBEAT_URL',
    'Webhook of the service that calls when it receives nothing; its token is the secret heartbeat_token',
    [WEB, 'https://…'],
    'nobody notices that the monitoring itself is dead',
  ),
  setting(
    'MONITORING_MAIL_SERVER',
    'Mail server for tickets, `host:port`; the password is the secret smtp_password',
    [/^[\w.-]+:\d+$/, 'host:port'],
    'tickets go nowhere',
  ),
  setting(
    'MONITORING_MAIL_FROM',
    'Sender of tickets, and account at the mail server',
    [MAIL, 'name@host'],
    'tickets go nowhere',
  ),
  setting('MONITORING_MAIL_TO', 'Who reads tickets', [MAIL, 'name@host'], 'tickets go nowhere'),
];

export interface MonitoringValues {
  /** Of those that are given and well. */
  readonly values: ReadonlyMap<string, string>;
  readonly missing: readonly MonitoringSetting[];
  /** Sentences for people. */
  readonly faults: readonly string[];
}

export function readMonitoring(env: Env): MonitoringValues {
  const values = new Map<string, string>();
  const missing: MonitoringSetting[] = [];
  const faults: string[] = [];
  for (const wanted of MONITORING_SETTINGS) {
    const { name, pattern, form } = wanted;
    const value = env[name]?.trim() ?? '';
    if (value === '') missing.push(wanted);
    else if (!pattern.test(value)) faults.push(`${name} must be ${form}`);
    else if (isPlaceholder(value))
      faults.push(`${name} still holds a placeholder of the documentation`);
    else values.set(name, value);
  }
  return { values, missing, faults };
}
