// Checks of the machine: Node, platform, disk, port, Redis.
import { resolve } from 'node:path';
import { openRedis } from '../../cache/redis.ts';
import type { Config } from '../../config.ts';
import { inspectDataDir, MIN_FREE_MB } from '../../db/embedded/files/data-dir.ts';
import { messageOf } from '../../lib/errors.ts';
import { isFreshBytes, tryToListen } from '../server/listening.ts';
import type { Finding } from './finding.ts';

const OLDEST_NODE = 24;
const EMBEDDED_PLATFORMS = ['linux', 'darwin'];
const LOW_FREE_MB = 2_000;
const ANSWER_TIMEOUT_MS = 2_000;
const OLDEST_REDIS = 7;

export function checkNode(node: string = process.versions.node): Finding {
  const isOld = Number.parseInt(node, 10) < OLDEST_NODE;
  return {
    level: isOld ? 'fail' : 'ok',
    subject: 'node',
    text: isOld ? `${node}: ${OLDEST_NODE} or newer is needed` : node,
  };
}

export function checkPlatform(platform: string = process.platform): Finding {
  const text = `${platform} ${process.arch}`;
  if (EMBEDDED_PLATFORMS.includes(platform)) return { level: 'ok', subject: 'platform', text };
  return {
    level: 'warn',
    subject: 'platform',
    text: `${text}: the embedded database does not run here, set DATABASE_URL`,
  };
}

/** Makes no folder: what is not there yet is judged by where it would be. */
export async function checkDisk({ DATA_DIR }: Config): Promise<Finding> {
  const folder = resolve(DATA_DIR);
  const subject = 'disk';
  const { free_mb, fault } = await inspectDataDir(folder);
  if (fault !== undefined)
    return { level: 'fail', subject, text: `${folder} cannot be used: ${fault}` };
  return {
    level: levelOfSpace(free_mb),
    subject,
    text: `${free_mb.toLocaleString('en')} MB free for ${folder}`,
  };
}

export function levelOfSpace(free_mb: number): Finding['level'] {
  if (free_mb < MIN_FREE_MB) return 'fail';
  return free_mb < LOW_FREE_MB ? 'warn' : 'ok';
}

/** A port that FreshBytes itself holds is as good as a free one. */
export async function checkPort({ HOST, PORT }: Config): Promise<Finding> {
  const place = `${HOST}:${PORT}`;
  const fault = await tryToListen(HOST, PORT);
  if (fault === undefined) return { level: 'ok', subject: 'port', text: `${place} is free` };
  if (fault === 'EADDRINUSE' && (await isFreshBytes(place))) {
    return { level: 'ok', subject: 'port', text: `${place} is served by FreshBytes` };
  }
  return {
    level: 'fail',
    subject: 'port',
    text: `${place} cannot be listened on (${fault}): set HOST or PORT`,
  };
}

export async function checkRedis({ REDIS_URL }: Config): Promise<Finding> {
  const subject = 'redis';
  if (REDIS_URL === undefined)
    return { level: 'ok', subject, text: 'not set: memory takes its place' };
  const redis = openRedis(REDIS_URL, {
    lazyConnect: true,
    connectTimeout: ANSWER_TIMEOUT_MS,
    commandTimeout: ANSWER_TIMEOUT_MS,
    retryStrategy: null,
    sentinelRetryStrategy: () => null,
  });
  // The command below fails with the same words.
  redis.on('error', () => {});
  try {
    await redis.connect();
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown';
    const isOld = Number.parseInt(version, 10) < OLDEST_REDIS;
    return {
      level: isOld ? 'warn' : 'ok',
      subject,
      text: isOld ? `${version}: ${OLDEST_REDIS} or newer is supported` : version,
    };
  } catch (error) {
    return {
      level: 'warn',
      subject,
      text: `does not answer (${messageOf(error)}): memory takes its place`,
    };
  } finally {
    redis.disconnect();
  }
}
