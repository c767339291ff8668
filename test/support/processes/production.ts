// The least that production must be told, but for its database.
import { makePrivateKey } from '../private-key.ts';

export const PRODUCTION = {
  NODE_ENV: 'production',
  APP_SECRET: 'q7Hw2mPz9Xc4Vb6Nn1Ld8Kf3Js5Ga0RtYe',
  JWT_PRIVATE_KEYS: makePrivateKey(),
  PUBLIC_URL: 'https://api.freshbytes.ph/',
  MAIL_FROM: 'FreshBytes <no-reply@freshbytes.ph>',
  SECURITY_CONTACT: 'mailto:security@freshbytes.ph',
  METRICS_TOKEN: 'a-token-for-metrics',
  SMTP_URL: 'smtps://mail',
  SEMAPHORE_API_KEY: 'key',
  PAYMENT_PROVIDER: 'none',
  PORT: '0',
  // The tests' server may be another machine.
  DATABASE_TLS: 'off',
};
