// The connection to Redis, which may be absent, slow or gone at any time: it holds only what may be lost.
import { Redis, type RedisOptions } from 'ioredis';
import { type Breaker, createBreaker } from '../lib/flow/breaker.ts';
import { parseSentinels } from '../lib/network/redis-address.ts';
import { type Clock, SECOND_MS } from '../lib/time.ts';
import type { Log } from '../telemetry/log.ts';

const COMMAND_TIMEOUT_MS = 50;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_DELAY_MS = 2_000;
/** A connection that owes an answer for so long is made anew: a network that swallows everything never ends it. */
const SILENCE_TIMEOUT_MS = 1_000;
/** One timeout is what a hanging Redis may cost; whoever comes next does without. */
const BREAKER_FAILURES = 1;
const BREAKER_COOLDOWN_MS = 2 * SECOND_MS;

/** Connects in the background; commands fail at once while there is no connection. */
export function connectRedis(url: string, log: Log, commandTimeout_ms = COMMAND_TIMEOUT_MS): Redis {
  const redis = openRedis(url, {
    commandTimeout: commandTimeout_ms,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    enableOfflineQueue: false,
    // Whoever waited has gone on without it.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    // A server that has become a replica answers so to writes; reconnecting finds the one that leads now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RECONNECT_DELAY_MS),
  });
  redis.on('error', (error) => log.warn({ err: error }, 'redis connection failed'));
  return redis;
}

/**
 * Of one server, or of the leader by its Sentinels.
 * @throws TypeError where the address is malformed
 */
export function openRedis(url: string, options: Omit<RedisOptions, 'replyMapping'>): Redis {
  const named = parseSentinels(url);
  if (named === undefined) return new Redis(url, options);
  const { password } = named;
  return new Redis({
    ...options,
    ...named,
    ...(password === undefined ? {} : { sentinelPassword: password }),
  });
}

/** The breaker of one connection: all calls to Redis share it, so that a hang is paid for once. */
export function redisBreaker(clock: Clock): Breaker {
  return createBreaker({
    failures: BREAKER_FAILURES,
    cooldown_ms: BREAKER_COOLDOWN_MS,
    clock,
  });
}
