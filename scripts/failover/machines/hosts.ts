// The machines of the drill and their addresses.

export const NODES = ['db1', 'db2', 'db3'] as const;
export type NodeName = (typeof NODES)[number];
/** Where the proxies, the service and its customers are. */
export const CLIENTS = 'clients';
export type HostName = NodeName | typeof CLIENTS;
export const HOSTS: Readonly<Record<HostName, string>> = {
  clients: '10.0.0.1',
  db1: '10.0.0.11',
  db2: '10.0.0.12',
  db3: '10.0.0.13',
};
export const PREFIX_LENGTH = 24;
