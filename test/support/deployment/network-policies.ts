// Who reaches whom under NetworkPolicies, as Kubernetes defines it: a pod that some policy selects for a direction may do there
// what one of these allows; both ends must agree.
import { BlockList } from 'node:net';
import type { KubernetesObject } from './kustomize.ts';

type Labels = Readonly<Record<string, string>>;

/** One end: a pod, or an address outside the cluster. */
export type Place =
  | { readonly namespace: string; readonly labels: Labels }
  | { readonly address: string };

export interface Port {
  readonly port: number;
  readonly protocol?: 'TCP' | 'UDP';
}

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly Port[];
}

interface Policy {
  readonly podSelector: Selector;
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** Whether a connection from one to the other, at its port, is let through. */
export function isLetThrough(
  objects: readonly KubernetesObject[],
  { from, to, ...port }: { readonly from: Place; readonly to: Place } & Port,
): boolean {
  return (
    allows(objects, 'Egress', { self: from, other: to, port }) &&
    allows(objects, 'Ingress', { self: to, other: from, port })
  );
}

function allows(
  objects: readonly KubernetesObject[],
  direction: 'Ingress' | 'Egress',
  { self, other, port }: { self: Place; other: Place; port: Port },
): boolean {
  if ('address' in self) return true;
  const policies = objects
    .filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === self.namespace,
    )
    .map((object) => object['spec'] as Policy)
    .filter(
      ({ podSelector, policyTypes }) =>
        policyTypes.includes(direction) && selects(podSelector, self.labels),
    );
  const rules = policies.flatMap((policy) =>
    direction === 'Ingress' ? (policy.ingress ?? []) : (policy.egress ?? []),
  );
  return (
    policies.length === 0 ||
    rules.some(({ from, to, ports }) => {
      const peers = direction === 'Ingress' ? from : to;
      return (
        (peers === undefined || peers.some((peer) => isPeer(peer, other, self.namespace))) &&
        (ports === undefined || ports.some((allowed) => isSamePort(allowed, port)))
      );
    })
  );
}

function isSamePort(a: Port, b: Port): boolean {
  return a.port === b.port && (a.protocol ?? 'TCP') === (b.protocol ?? 'TCP');
}

function isPeer(
  { podSelector, namespaceSelector, ipBlock }: Peer,
  place: Place,
  ownNamespace: string,
): boolean {
  if (ipBlock !== undefined) return 'address' in place && isWithin(place.address, ipBlock);
  if ('address' in place) return false;
  const isInNamespace =
    namespaceSelector === undefined
      ? place.namespace === ownNamespace
      : selects(namespaceSelector, { 'kubernetes.io/metadata.name': place.namespace });
  return isInNamespace && (podSelector === undefined || selects(podSelector, place.labels));
}

function isWithin(address: string, { cidr, except = [] }: NonNullable<Peer['ipBlock']>): boolean {
  const isIn = (networks: readonly string[]) => {
    const list = new BlockList();
    for (const network of networks) {
      const [base = '', bits] = network.split('/');
      list.addSubnet(base, Number(bits));
    }
    return list.check(address);
  };
  return isIn([cidr]) && !isIn(except);
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      if (operator !== 'In') throw new Error(`${operator} is not understood`);
      return values.includes(labels[key] ?? '');
    })
  );
}
