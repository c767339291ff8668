// What a newcomer reads once the server answers: where everything is, who can sign in, and one thing to try.
import colors from 'picocolors';
import type { Config } from '../../config.ts';
import { DEMO_EMAILS, DEMO_PASSWORD } from '../../lib/demo-market.ts';
import type { DatabasePlace } from '../settings.ts';

const LABEL_WIDTH = 10;

/** The embedded database holds the demo people; another one has people of its own. */
export function welcome(config: Config, { embedded }: DatabasePlace): string {
  const { publicUrl, version, isDevelopment } = config;
  const people = embedded !== undefined && isDevelopment ? demoPeople() : [];
  const database =
    embedded === undefined
      ? 'PostgreSQL of DATABASE_URL'
      : `${embedded.dataDir} (PostgreSQL ${embedded.version})`;
  const lines = [
    '',
    colors.bold(`FreshBytes ${version} is ready`),
    '',
    entry('API', colors.cyan(`${publicUrl}/api/v1`)),
    entry('Docs', `${colors.cyan(`${publicUrl}/docs`)} and ${colors.cyan(`${publicUrl}/redoc`)}`),
    ...(isDevelopment ? [entry('Messages', colors.cyan(`${publicUrl}/dev/messages`))] : []),
    entry('Data', database),
    ...people,
    '',
    entry('Try', `curl '${publicUrl}/api/v1/products?search=kamatis'`),
    '',
    colors.dim('  Ctrl-C stops it.'),
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function demoPeople(): string[] {
  const emails = DEMO_EMAILS.map((email) => entry('', email));
  return ['', entry('Sign in', `with the password ${colors.bold(DEMO_PASSWORD)} as`), ...emails];
}

function entry(label: string, value: string): string {
  return `  ${colors.dim(label.padEnd(LABEL_WIDTH))} ${value}`;
}
