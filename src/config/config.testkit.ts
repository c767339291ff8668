// The least that production accepts, and what is wrong with an environment.
import { makePrivateKey } from '../../test/support/private-key.ts';
import { ConfigError, loadConfig } from '../config.ts';

export const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://market@db/market?sslmode=verify-full',
  APP_SECRET: 'q7Hw2mPz9Xc4Vb6Nn1Ld8Kf3Js5Ga0RtYe',
  JWT_PRIVATE_KEYS: makePrivateKey(),
  PUBLIC_URL: 'https://api.freshbytes.ph/',
  MAIL_FROM: 'FreshBytes <no-reply@freshbytes.ph>',
  SECURITY_CONTACT: 'mailto:security@freshbytes.ph',
  METRICS_TOKEN: 'a-token-for-metrics',
  SMTP_URL: 'smtps://mail',
  SEMAPHORE_API_KEY: 'key',
  PAYMENT_PROVIDER: 'none',
};

export const WEAK = 'a'.repeat(40);

export function faultsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env, '1.0.0');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}
