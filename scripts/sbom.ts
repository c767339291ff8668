// Prints the bill of materials of what runs in production, as CycloneDX: `npm run sbom`. npm's own `--omit dev` also
// leaves out what production and development share, so its whole bill is taken and development's part removed.
import { execFileSync } from 'node:child_process';

const DEVELOPMENT = 'cdx:npm:package:development';
const MAX_BILL_BYTES = 64 * 1024 * 1024;

interface Bill {
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly properties?: readonly { readonly name: string; readonly value: string }[];
  }[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn?: readonly string[];
  }[];
}

const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const whole = JSON.parse(
  execFileSync('npm', args, { encoding: 'utf8', maxBuffer: MAX_BILL_BYTES }),
) as Bill;
const components = whole.components.filter(
  ({ properties = [] }) => !properties.some(({ name }) => name === DEVELOPMENT),
);
const dropped = new Set(whole.components.map((component) => component['bom-ref']));
for (const component of components) dropped.delete(component['bom-ref']);
const dependencies = whole.dependencies
  .filter(({ ref }) => !dropped.has(ref))
  .map(({ ref, dependsOn = [] }) => ({
    ref,
    dependsOn: dependsOn.filter((other) => !dropped.has(other)),
  }));
console.log(JSON.stringify({ ...whole, components, dependencies }, undefined, 2));
