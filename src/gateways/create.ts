// Which gateways this process uses: the real ones where they are configured, their stand-ins in development.
import { createHmac } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Db } from '../db/database.ts';
import { appSecret } from '../lib/keys/app-secret.ts';
import { keyRing, mapRing } from '../lib/keys/key-ring.ts';
import type { Clock } from '../lib/time.ts';
import type { Log } from '../telemetry/log.ts';
import type { Gateways } from './gateways.ts';
import { createDevMailbox } from './messages/dev-messages.ts';
import type { MessageGateway } from './messages/messages.ts';
import { createSemaphoreGateway } from './messages/semaphore.ts';
import { createSmtpGateway } from './messages/smtp.ts';
import { createSimulator, type Simulator } from './payments/simulator.ts';
import { createStorage } from './storage/create-storage.ts';
import { type ObserveStorage, observeStorage } from './storage/observed-storage.ts';

export interface GatewayOptions {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with how each call of the storage went. */
  readonly onStorageCall?: ObserveStorage;
}

/** Connects to nothing yet. Throws where production would end up with a stand-in. */
export function createGateways(options: GatewayOptions): Gateways {
  const { config, log, onStorageCall = () => {} } = options;
  const simulator = chooseSimulator(options);
  log.debug(
    {
      mail: config.SMTP_URL === undefined ? 'dev_messages' : 'smtp',
      sms: nameOfSms(config),
      wallet: config.PAYMENT_PROVIDER,
      storage: config.STORAGE,
    },
    'gateways chosen',
  );
  return {
    mail: chooseMail(options),
    sms: chooseSms(options),
    storage: observeStorage(createStorage(config), onStorageCall),
    wallet: simulator,
    simulator,
  };
}

function chooseMail({ config, db, clock }: GatewayOptions): MessageGateway {
  if (config.SMTP_URL !== undefined) {
    return createSmtpGateway({ url: config.SMTP_URL, from: config.MAIL_FROM });
  }
  refuseInProduction(config, 'SMTP_URL');
  return createDevMailbox({ db, clock, channel: 'email' });
}

function chooseSms({ config, db, clock, log }: GatewayOptions): MessageGateway {
  if (config.SMS_PROVIDER === 'none') return createSilentSms(log);
  if (config.SEMAPHORE_API_KEY !== undefined) {
    return createSemaphoreGateway({ apiKey: config.SEMAPHORE_API_KEY });
  }
  refuseInProduction(config, 'SEMAPHORE_API_KEY');
  return createDevMailbox({ db, clock, channel: 'sms' });
}

function nameOfSms({ SMS_PROVIDER, SEMAPHORE_API_KEY }: Config): string {
  if (SMS_PROVIDER === 'none') return SMS_PROVIDER;
  return SEMAPHORE_API_KEY === undefined ? 'dev_messages' : 'semaphore';
}

/** Where nobody sends SMS: the text is also in the mail, or the request was refused before. */
function createSilentSms(log: GatewayOptions['log']): MessageGateway {
  return {
    channel: 'sms',
    send: async () => log.debug({}, 'an SMS was not sent: SMS_PROVIDER is none'),
  };
}

function chooseSimulator({ config, db, clock }: GatewayOptions): Simulator | undefined {
  if (config.PAYMENT_PROVIDER === 'none') return undefined;
  refuseInProduction(config, 'PAYMENT_PROVIDER=none');
  // Keys of its own: what one use of a secret signs must mean nothing to another.
  const secrets = mapRing(keyRing(appSecret(config)), (secret) =>
    createHmac('sha256', secret).update('simulator webhooks').digest('hex'),
  );
  return createSimulator({ db, secrets, clock, publicUrl: config.publicUrl });
}

function refuseInProduction(config: Config, setting: string): void {
  if (config.isProduction)
    throw new Error(`${setting} is missing: production never uses a stand-in`);
}
