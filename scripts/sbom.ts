// Prints the bill of materials of what runs in production, as CycloneDX: `npm run sbom`. npm's own `--omit dev` also
// leaves out what production and development share, so its whole bill is taken and development's part removed.
// `--image <folder>`: of an image whose files are in that folder, which adds its Debian packages and its Node, and leaves
// out the npm packages that are not in it.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type Component, readDebian, readNode, readPackages } from './sbom/image.ts';

const DEVELOPMENT = 'cdx:npm:package:development';
const MAX_BILL_BYTES = 64 * 1024 * 1024;

interface Bill {
  readonly components: readonly Component[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn?: readonly string[];
  }[];
}

const { image } = parseArgs({ options: { image: { type: 'string' } } }).values;
const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const whole = JSON.parse(
  execFileSync('npm', args, { encoding: 'utf8', maxBuffer: MAX_BILL_BYTES }),
) as Bill;
const installed = image === undefined ? undefined : readPackages(image);
const components = whole.components.filter(
  (component) => !isForDevelopment(component) && (installed?.has(component['bom-ref']) ?? true),
);
const dropped = new Set(whole.components.map((component) => component['bom-ref']));
for (const component of components) dropped.delete(component['bom-ref']);
const dependencies = whole.dependencies
  .filter(({ ref }) => !dropped.has(ref))
  .map(({ ref, dependsOn = [] }) => ({
    ref,
    dependsOn: dependsOn.filter((other) => !dropped.has(other)),
  }));
const around = image === undefined ? [] : [...readDebian(image), readNode(image)];
const bill = { ...whole, components: [...components, ...around], dependencies };
console.log(JSON.stringify(bill, undefined, 2));

function isForDevelopment({ properties = [] }: Component): boolean {
  return properties.some(({ name }) => name === DEVELOPMENT);
}
