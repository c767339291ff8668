// Mail, SMS, and who is told of traces and errors.
import { Type } from 'typebox';
import { Choice, Flag, OptionalText, OptionalUrl, Share, Text } from '../kinds.ts';

/** Scheme, public key, host, path and project, as Sentry, GlitchTip and Bugsink give them out. */
export const SENTRY_DSN_PATTERN =
  '^(https?)://([0-9A-Za-z]+)(?::[0-9A-Za-z]+)?@([0-9A-Za-z.:\\[\\]-]+)((?:/[\\w.-]+)*)/(\\d+)$';

export const OUTSIDE_SETTINGS = {
  SMTP_URL: OptionalText('Mail server; absent in development: `/dev/messages`', {
    secret: true,
    kind: 'URL',
    production: 'codes and order messages are sent by mail',
    example: 'smtps://user:password@smtp.example.com:465',
  }),
  SMTP_TLS: Flag(
    'on',
    '`off`: production takes a mail server on another machine without verified TLS, for private networks',
  ),
  MAIL_FROM: Text('Sender of mail', {
    default: 'FreshBytes <no-reply@freshbytes.test>',
    production: 'customers see who writes to them',
    example: 'FreshBytes <no-reply@example.com>',
  }),
  SMS_PROVIDER: Choice(
    ['semaphore', 'none'],
    'Who sends SMS; `none`: nobody does, and phone numbers cannot be confirmed',
    'semaphore',
  ),
  SEMAPHORE_API_KEY: OptionalText(
    'Key of the Semaphore SMS service, which production demands unless `SMS_PROVIDER` is `none`; absent in development: `/dev/messages`',
    { secret: true },
  ),
  SECURITY_CONTACT: Text('Contact in `security.txt`', {
    default: 'mailto:security@freshbytes.test',
    production: 'whoever finds a vulnerability must know where to report it',
    example: 'mailto:security@example.com',
  }),
  LOG_LEVEL: Choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'What the log holds',
    'info',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: OptionalUrl(
    ['http', 'https'],
    'OpenTelemetry collector that gets traces (OTLP over HTTP); absent: no traces',
  ),
  OTEL_SERVICE_NAME: Text('What traces call this service', { default: 'freshbytes', minLength: 1 }),
  OTEL_TRACES_SAMPLER_ARG: Type.Optional(
    Share('Share of requests whose traces are recorded; absent: 0.1 in production, else 1'),
  ),
  SENTRY_DSN: OptionalText(
    'Server of the Sentry protocol that gets error reports, `https://<key>@<host>/<project>`; absent: none',
    { pattern: SENTRY_DSN_PATTERN, kind: 'URL', secret: true },
  ),
  SENTRY_ENVIRONMENT: OptionalText('What error reports call this environment; absent: `NODE_ENV`'),
  SENTRY_SAMPLE_RATE: Share('Share of errors to report', 1),
};
