// test/support/deployment/kustomize.ts against Kustomize itself, which kubectl has built in: what the other tests look at is what a cluster gets.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { FOLDER, OVERLAYS, withComponent } from '../../support/deployment/kubernetes.ts';
import { type KubernetesObject, kustomize, walk } from '../../support/deployment/kustomize.ts';

/** The first whose Kustomize knows all that ours use. */
const OLDEST_MAJOR = 5;
const hasKustomize = isInstalled() || process.env['REQUIRE_KUSTOMIZE'] === '1';

function isInstalled(): boolean {
  const { stdout } = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
  const [, major] = /Kustomize Version: v(\d+)/.exec(stdout ?? '') ?? [];
  return Number(major) >= OLDEST_MAJOR;
}

describe.runIf(hasKustomize)('Kustomize', () => {
  it.each([...OVERLAYS.map((name) => `overlays/${name}`), 'gateway'])(
    'makes of %s what the tests make of it',
    (path) => {
      const folder = join(FOLDER, path);
      expect(comparable(build(folder))).toEqual(comparable(kustomize(folder)));
    },
  );

  it.each(['helm'])('makes of production with the component %s the same, too', (component) => {
    const [expected, actual] = withComponent(component, (folder) => [
      build(folder),
      kustomize(folder),
    ]);
    expect(comparable(expected)).toEqual(comparable(actual));
  });
});

function build(folder: string): KubernetesObject[] {
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
}

/** By name and without the hashes in names of ConfigMaps, which each makes in its own way. */
function comparable(objects: KubernetesObject[]): Record<string, KubernetesObject> {
  const hashed = objects.find(({ kind }) => kind === 'ConfigMap')?.metadata.name;
  walk(objects, (node) => {
    if (node['name'] === hashed && hashed !== undefined)
      node['name'] = hashed.replace(/-[a-z0-9]{10}$/, '');
  });
  return Object.fromEntries(
    objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]),
  );
}
