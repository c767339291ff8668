// The connection to Redis, which may be absent, slow or gone at any time: it holds only what may be lost.
import { Redis } from 'ioredis';
import type { Log } from '../telemetry/log.ts';

const COMMAND_TIMEOUT_MS = 50;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_DELAY_MS = 2_000;

/** Connects in the background; commands fail at once while there is no connection. */
export function connectRedis(url: string, log: Log, commandTimeout_ms = COMMAND_TIMEOUT_MS): Redis {
  const redis = new Redis(url, {
    commandTimeout: commandTimeout_ms,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_DELAY_MS),
  });
  redis.on('error', (error) => log.warn({ err: error }, 'redis connection failed'));
  return redis;
}
