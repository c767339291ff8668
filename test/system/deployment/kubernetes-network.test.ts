// Who reaches whom in a namespace of ours, by its network policies: what is needed, and nothing else.
import { describe, expect, it } from 'vitest';
import {
  getObject,
  OVERLAYS,
  overlay,
  templateOf,
  workloadsOf,
} from '../../support/deployment/kubernetes.ts';
import { isLetThrough, type Place } from '../../support/deployment/network-policies.ts';

const WORLD: Place = { address: '203.0.113.7' };
const CLOUD_METADATA: Place = { address: '169.254.169.254' };
const PRIVATE_NETWORK: Place = { address: '10.1.2.3' };
const NAMES: Place = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
const DATA: Place = { namespace: 'data', labels: {} };
const PROMETHEUS: Place = { namespace: 'monitoring', labels: {} };
const OPERATOR: Place = {
  namespace: 'cnpg-system',
  labels: { 'app.kubernetes.io/name': 'cloudnative-pg' },
};
const STRANGER: Place = { namespace: 'others', labels: { 'app.kubernetes.io/name': 'api' } };
const POSTGRESQL = 5432;
const REDIS = 6379;

describe.each(OVERLAYS)('the overlay %s', (name) => {
  const objects = overlay(name);
  const hasOwnDatabase = name === 'production-cloudnative-pg';
  const hasBackup = name !== 'staging';
  const namespace = getObject(objects, 'Deployment', 'api').metadata.namespace ?? '';
  const placeOf = (labels: Readonly<Record<string, string>>): Place => ({ namespace, labels });
  const podOf = (kind: string, of: string) =>
    placeOf(templateOf(getObject(objects, kind, of)).metadata.labels);

  const api = podOf('Deployment', 'api');
  const worker = podOf('Deployment', 'worker');
  const migrate = podOf('Job', 'migrate');
  const backup = hasBackup ? podOf('CronJob', 'backup') : undefined;
  const instance = placeOf({ 'cnpg.io/cluster': 'database' });
  const database = hasOwnDatabase ? instance : DATA;
  const wayIn: Place = {
    namespace: name === 'production-ingress' ? 'traefik' : 'gateway',
    labels: {},
  };
  const reaches = (from: Place, to: Place, port: number) =>
    isLetThrough(objects, { from, to, port });

  it('lets nothing pass that no policy names', () => {
    expect(getObject(objects, 'NetworkPolicy', 'default-deny')['spec']).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    const unnamed = placeOf({ 'app.kubernetes.io/name': 'unnamed' });
    for (const place of [WORLD, NAMES, DATA, api, database])
      for (const port of [53, 443, POSTGRESQL, 8000])
        expect(reaches(unnamed, place, port)).toBe(false);
    for (const pod of workloadsOf(objects).map((object) =>
      placeOf(templateOf(object).metadata.labels),
    ))
      for (const place of [WORLD, STRANGER, unnamed])
        for (const port of [22, 80, POSTGRESQL, 8000, 8001])
          expect(reaches(place, pod, port)).toBe(false);
  });

  it('lets the way in to the API and monitoring to all that is scraped, and nobody else', () => {
    expect(reaches(wayIn, api, 8000)).toBe(true);
    expect(reaches(wayIn, worker, 8001)).toBe(false);
    expect(reaches(PROMETHEUS, api, 8000)).toBe(true);
    expect(reaches(PROMETHEUS, worker, 8001)).toBe(true);
    expect(reaches(worker, api, 8000)).toBe(false);
    expect(reaches(STRANGER, worker, 8001)).toBe(false);
  });

  it('lets everything that works with data to names and to the database', () => {
    for (const pod of [api, worker, migrate, ...(backup === undefined ? [] : [backup])]) {
      expect(reaches(pod, NAMES, 53)).toBe(true);
      expect(isLetThrough(objects, { from: pod, to: NAMES, port: 53, protocol: 'UDP' })).toBe(true);
      expect(reaches(pod, database, POSTGRESQL)).toBe(true);
      expect(reaches(pod, DATA, 22)).toBe(false);
    }
    for (const pod of [api, worker]) expect(reaches(pod, DATA, REDIS)).toBe(true);
    // With a database of its own, that of others is none of its business.
    expect(reaches(api, DATA, POSTGRESQL)).toBe(!hasOwnDatabase);
  });

  it('lets mail, SMS and webhooks out, never to a private network or the metadata of a cloud', () => {
    for (const pod of [api, worker]) {
      for (const port of [443, 465, 587]) expect(reaches(pod, WORLD, port)).toBe(true);
      expect(reaches(pod, WORLD, 80)).toBe(false);
      for (const place of [CLOUD_METADATA, PRIVATE_NETWORK])
        for (const port of [80, 443]) expect(reaches(pod, place, port)).toBe(false);
    }
    expect(reaches(migrate, WORLD, 443)).toBe(false);
  });

  it.runIf(hasBackup)('gives what holds every row no way out', () => {
    if (backup === undefined) throw new Error('a backup is expected');
    for (const place of [WORLD, CLOUD_METADATA, PRIVATE_NETWORK, api])
      for (const port of [80, 443, 8000]) expect(reaches(backup, place, port)).toBe(false);
    expect(reaches(backup, DATA, REDIS)).toBe(false);
  });

  it.runIf(hasOwnDatabase)(
    'lets the database to its other instances, and its operator to it',
    () => {
      expect(reaches(instance, instance, POSTGRESQL)).toBe(true);
      expect(reaches(OPERATOR, instance, 8000)).toBe(true);
      expect(reaches(PROMETHEUS, instance, 9187)).toBe(true);
      // Kubernetes' API, by which its manager learns who leads.
      expect(reaches(instance, { address: '10.96.0.1' }, 443)).toBe(true);
      for (const place of [STRANGER, PROMETHEUS, wayIn, WORLD])
        expect(reaches(place, instance, POSTGRESQL)).toBe(false);
      for (const place of [api, STRANGER]) expect(reaches(place, instance, 8000)).toBe(false);
      expect(reaches(instance, api, 8000)).toBe(false);
    },
  );
});
