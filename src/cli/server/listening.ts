// The port that a server is to listen on: whether it is free, checked before anything slow begins, and what to do where not.
import { createServer } from 'node:net';
import type { Config } from '../../config.ts';
import { codeOf } from '../../lib/errors.ts';
import { CliError, EXIT } from '../../lib/exit.ts';

const ANSWER_TIMEOUT_MS = 2_000;
const MAX_PORT = 65_535;

type PortSetting = 'PORT' | 'WORKER_PORT';

/** @throws CliError where the port of `setting` cannot be listened on now; another may still take it until we do */
export async function requireFreePort(setting: PortSetting, config: Config): Promise<void> {
  const port = config[setting];
  if (port === undefined) return;
  const fault = await tryToListen(config.HOST, port);
  if (fault !== undefined) throw await listenError(fault, setting, config);
}

/** For a server that could not listen. Anything but that is thrown as it is. */
export function explainListen(
  setting: PortSetting,
  config: Config,
): (error: unknown) => Promise<never> {
  return async (error) => {
    const code = codeOf(error) ?? '';
    throw code in EXPLANATIONS ? await listenError(code, setting, config) : error;
  };
}

/** @returns the code of the fault, or undefined where it can be listened on */
export function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => settle(undefined)));
  });
}

/** Whether a FreshBytes answers at `place`, a host and port. */
export async function isFreshBytes(place: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const answer = await fetch(`http://${place}/health/live`, { signal });
    return answer.ok && answer.headers.has('x-request-id');
  } catch {
    // Whatever listens there, it is not ours.
    return false;
  }
}

async function listenError(code: string, setting: PortSetting, config: Config): Promise<CliError> {
  const port = config[setting] ?? 0;
  const place = `${config.HOST}:${port}`;
  const isOurs = code === 'EADDRINUSE' && (await isFreshBytes(place));
  const explain = EXPLANATIONS[code] ?? explainOther;
  return new CliError(explain({ place, setting, port, isOurs, code }), EXIT.unavailable);
}

interface Fault {
  /** Host and port. */
  readonly place: string;
  readonly setting: PortSetting;
  readonly port: number;
  readonly isOurs: boolean;
  readonly code: string;
}

const EXPLANATIONS: Readonly<Record<string, (fault: Fault) => string>> = {
  EADDRINUSE: ({ place, setting, port, isOurs }) =>
    `${place} is in use: ${isOurs ? 'FreshBytes runs there already' : 'another program listens there'}. ` +
    `Stop it, or take another port: ${setting}=${port === MAX_PORT ? port - 1 : port + 1}`,
  EACCES: ({ place, setting }) =>
    `${place} may not be used by this account. Set ${setting} to 1024 or more.`,
  EADDRNOTAVAIL: ({ place }) =>
    `${place} is not an address of this machine. Set HOST to one that is, such as 127.0.0.1.`,
};

function explainOther({ place, setting, code }: Fault): string {
  return `${place} cannot be listened on (${code}). Set HOST or ${setting}.`;
}
