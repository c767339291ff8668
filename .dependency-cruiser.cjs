// The directions of docs/architecture.md as rules. A new edge between modules is a visible change of this file.

/** Which modules each may call. */
const MODULES = require('./module-edges.json');

/** Modules that are one: each works with all that the other has. */
const FAMILIES = [['auth', 'users']];

const familyOf = (name) => FAMILIES.find((family) => family.includes(name)) ?? [name];

/** What each layer may import beside itself. */
const LAYERS = {
  lib: [],
  config: ['lib'],
  telemetry: ['lib', 'config'],
  db: ['lib', 'config', 'telemetry', 'context'],
  cache: ['lib', 'config', 'telemetry'],
  gateways: ['lib', 'config', 'telemetry', 'db', 'cache'],
  jobs: ['lib', 'config', 'telemetry', 'db'],
  tokens: ['lib', 'config'],
  context: ['lib', 'config', 'telemetry', 'db', 'cache', 'gateways', 'jobs', 'tokens'],
  backup: ['lib', 'config', 'db'],
  http: ['lib', 'config', 'telemetry', 'db', 'cache', 'context', 'tokens'],
};

const TESTS = '\\.(test|testkit)\\.ts$|/testing(\\.app)?\\.ts$|scratch-database\\.ts$';
const source = (name) => `^src/${name}(/|\\.ts$)`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: TESTS },
      to: {},
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { path: `^(test|bench)/|${TESTS}` },
    },
    ...Object.entries(LAYERS).map(([layer, allowed]) => ({
      name: `layer-${layer}`,
      severity: 'error',
      from: { path: source(layer), pathNot: TESTS },
      to: { path: '^src/', pathNot: [layer, ...allowed].map(source) },
    })),
    ...Object.entries(MODULES).map(([name, allowed]) => ({
      name: `module-${name}`,
      comment: 'Modules meet at services, and at the pure files beside them.',
      severity: 'error',
      from: { path: `^src/modules/${name}/`, pathNot: TESTS },
      to: {
        path: '^src/modules/',
        pathNot: [
          ...familyOf(name).map((own) => `^src/modules/${own}/`),
          ...allowed.map(
            (other) => `^src/modules/${other}/[^.]+\\.(service|rules|errors|views|examples)\\.ts$`,
          ),
        ],
      },
    })),
    {
      name: 'every-module-is-listed',
      severity: 'error',
      from: {
        path: '^src/modules/',
        pathNot: Object.keys(MODULES).map((name) => `^src/modules/${name}/`),
      },
      to: {},
    },
    {
      name: 'routes-call-services',
      severity: 'error',
      from: { path: '\\.routes\\.ts$' },
      to: { path: '\\.queries\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'queries-know-no-rules',
      severity: 'error',
      from: { path: '^src/modules/.*\\.queries\\.ts$' },
      to: { path: '\\.(service|routes|jobs)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-routes-and-pages-know-http',
      severity: 'error',
      from: { path: '^src/modules/.*\\.(service|rules|queries|errors)\\.ts$' },
      to: { path: '^src/http/' },
    },
    {
      name: 'rules-are-pure',
      severity: 'error',
      from: { path: '\\.rules\\.ts$' },
      to: {
        path: '^src/(?!lib/)',
        pathNot: '\\.(rules|errors)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'invariants-stand-alone',
      comment: 'Each states by itself what must hold; src/process/all-invariants.ts lists them.',
      severity: 'error',
      from: { path: '\\.invariants\\.ts$' },
      to: { pathNot: '^src/db/invariants/' },
    },
    {
      name: 'pure-tests-have-no-database',
      severity: 'error',
      from: { path: '\\.test\\.ts$', pathNot: '\\.(api|system)\\.test\\.ts$|^test/system/' },
      to: {
        path: '^test/support/(database|app)\\.ts$|^test/support/(servers|processes)/',
        reachable: true,
      },
    },
    {
      name: 'api-tests-start-no-programs',
      severity: 'error',
      from: { path: '\\.api\\.test\\.ts$' },
      to: { path: '^test/support/(servers|processes)/', reachable: true },
    },
    {
      name: 'not-to-dev-dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
