// `doctor --cluster`: what of PostgreSQL and its standbys decides whether an acknowledged commit can vanish, and whether one has.
import type { Config } from '../../config.ts';
import { describeFault } from '../faults.ts';
import type { DatabasePlace } from '../settings.ts';
import { checkAcknowledged } from './acknowledged.ts';
import type { Finding } from './finding.ts';
import { askPatroni, type Member, type PatroniAnswers, patroniFindings } from './patroni.ts';
import { readServer, type Server, serverFindings } from './replication.ts';

/** @param logPath what the processes logged, compared with the database. @throws Error where the database does not answer */
export async function checkCluster(
  place: DatabasePlace,
  config: Pick<Config, 'PATRONI_URLS' | 'isProduction'>,
  logPath: string | undefined,
): Promise<Finding[]> {
  const patroni = await askPatroni(config.PATRONI_URLS);
  const { servers, faults } = await readServers(place, patroni);
  return [
    ...faults,
    ...serverFindings(servers, {
      isProduction: config.isProduction,
      isManaged: patroni !== undefined,
    }),
    ...(patroni === undefined ? [] : patroniFindings(patroni)),
    ...(await checkAcknowledged(place.url, logPath)),
  ];
}

/** Every member that Patroni names, else the server that DATABASE_URL leads to. */
async function readServers(
  place: DatabasePlace,
  { members = [] }: Partial<Pick<PatroniAnswers, 'members'>> = {},
): Promise<{ servers: Server[]; faults: Finding[] }> {
  const asked = await readServer({ name: 'database', url: place.url });
  if (members.length === 0) return { servers: [asked], faults: [] };
  const servers: Server[] = [];
  const faults: Finding[] = [];
  for (const member of members) {
    const { name, host, port } = member;
    try {
      servers.push(await readServer({ name, url: addressOf(member, place.url) }));
    } catch (error) {
      const text = `${name} at ${host}:${port} cannot be reached: ${wordsOf(error)}`;
      faults.push({ level: 'fail', subject: 'server', text });
    }
  }
  return { servers, faults: [...faults, addressFinding(asked, servers)] };
}

function addressFinding(asked: Server, servers: readonly Server[]): Finding {
  const subject = 'address';
  // No two are started in the same microsecond.
  const server = servers.find(
    ({ started_at }) => started_at.getTime() === asked.started_at.getTime(),
  );
  const name = server?.name ?? 'a server that Patroni does not name';
  const text = `DATABASE_URL leads to ${name}${asked.is_standby ? ', a standby' : ''}`;
  return { level: server === undefined || asked.is_standby ? 'fail' : 'ok', subject, text };
}

/** The same account and database at another server. */
export function addressOf({ host, port }: Member, url: string): string {
  const address = new URL(url);
  address.searchParams.delete('host');
  address.hostname = host.includes(':') ? `[${host}]` : host;
  address.port = String(port);
  return address.href;
}

function wordsOf(error: unknown): string {
  return describeFault(error).message.replaceAll('\n', ' ');
}
