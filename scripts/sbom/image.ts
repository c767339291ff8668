// What an image holds below the program: the packages of its Debian and its Node, as components of CycloneDX.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly cpe?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

/** Distroless images keep a file for each package, without saying that it is installed. */
const STATUS_FILES = ['var/lib/dpkg/status', 'var/lib/dpkg/status.d/*'];
const OS_RELEASE = ['etc/os-release', 'usr/lib/os-release'];
const NODE = 'usr/local/bin/node';
const NPM_PACKAGES = 'app/**/node_modules/{*,@*/*}/package.json';

/**
 * The distribution, then each installed package, by name.
 * @throws Error where the folder holds no system with packages of Debian
 */
export function readDebian(root: string): Component[] {
  const release = readRelease(root);
  const packages = globSync(STATUS_FILES, { cwd: root })
    .filter((path) => !path.endsWith('.md5sums'))
    .flatMap((path) => readStanzas(readFileSync(join(root, path), 'utf8')))
    .filter(({ Package, Version, Status = 'ok installed' }) =>
      Boolean(Package && Version && Status.endsWith('ok installed')),
    )
    .map((fields) => componentOf(fields, release));
  if (packages.length === 0) throw new Error(`${root} holds no packages of Debian`);
  const { ID: name, VERSION_ID: version } = release;
  const system = { 'bom-ref': `os:${name}@${version}`, type: 'operating-system', name, version };
  return [system, ...packages.sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))];
}

/** Asked of the program itself, which therefore must be one for this machine. */
export function readNode(root: string): Component {
  const version = execFileSync(join(root, NODE), ['--version'], { encoding: 'utf8' })
    .trim()
    .slice(1);
  const purl = `pkg:generic/node@${version}`;
  // What vulnerabilities of Node are filed under.
  const cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
  return { 'bom-ref': purl, type: 'platform', name: 'node', version, purl, cpe };
}

/** Those of npm, as its bill refers to them: `pg@8.16.3`. */
export function readPackages(root: string): ReadonlySet<string> {
  const manifests = globSync(NPM_PACKAGES, { cwd: root }).map(
    (path) =>
      JSON.parse(readFileSync(join(root, path), 'utf8')) as { name?: string; version?: string },
  );
  return new Set(manifests.map(({ name, version }) => `${name}@${version}`));
}

function readRelease(root: string): { ID: string; VERSION_ID: string } {
  const path = OS_RELEASE.map((name) => join(root, name)).find(existsSync);
  if (path === undefined) throw new Error(`${root} does not say which system it is`);
  const lines = readFileSync(path, 'utf8').matchAll(/^(\w+)="?([^"\n]*)"?$/gm);
  const { ID = 'debian', VERSION_ID = '' } = Object.fromEntries(
    [...lines].map(([, name = '', value = '']) => [name, value]),
  );
  return { ID, VERSION_ID };
}

/** Fields of one line each, which are all that is asked for. */
function readStanzas(text: string): Partial<Record<string, string>>[] {
  return text
    .split(/\n\n+/)
    .map((stanza) =>
      Object.fromEntries(
        [...stanza.matchAll(/^([\w-]+): (.*)$/gm)].map(([, name = '', value = '']) => [
          name,
          value,
        ]),
      ),
    );
}

/** @see https://github.com/package-url/purl-spec, type `deb`; advisories name the source, which is `upstream` here */
function componentOf(
  fields: Partial<Record<string, string>>,
  { ID, VERSION_ID }: { ID: string; VERSION_ID: string },
): Component {
  const { Package: name = '', Version: version = '', Architecture: arch = '', Source } = fields;
  const upstream = Source?.replace(/^(\S+) \((.+)\)$/, '$1@$2');
  const qualifiers = new URLSearchParams({
    arch,
    distro: `${ID}-${VERSION_ID}`,
    ...(upstream === undefined ? {} : { upstream }),
  });
  const purl = `pkg:deb/${ID}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${qualifiers}`;
  return { 'bom-ref': purl, type: 'library', name, version, purl };
}
