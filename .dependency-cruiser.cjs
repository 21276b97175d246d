/** Imports run one way; what a folder may reach is the whole rule. */
const anyOf = (...folders) => `^(${folders.join('|')})`;
const SPEC = '[.]spec[.]ts$';

/** `from` may import, inside the project, only the named folders and files. */
const only = (name, from, ...allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: SPEC },
  to: { path: '^(src|test|bench|bin)/', pathNot: anyOf(...allowed) },
});

const ADAPTERS = 'src/event-store/(postgres|memory|eventstoredb)[^.]*[.]ts$';
const COMPOSERS = anyOf(
  'src/store.ts',
  'src/main.ts',
  'src/server.ts',
  'src/open-runtime.ts',
  'src/cli/',
  'test/',
  'bench/',
  'src/.*[.]spec[.]ts$',
);

/** What the features stand on. */
const PORTS = [
  'src/backoff.ts',
  'src/durable-rename.ts',
  'src/domain/',
  'src/event-store/event-store.ts',
  'src/event-store/coalescer.ts',
  'src/database/',
  'src/config.ts',
  'src/kafka-config.ts',
  'src/limits-config.ts',
  'src/webhooks-config.ts',
  'src/kafka/kafka.ts',
  'src/kafka/record-chunks.ts',
  'src/metrics.ts',
];
/** What the runtime of projections and reactors stands on: it knows neither HTTP nor settings. */
const RUNTIME_PORTS = [
  'src/backoff.ts',
  'src/domain/',
  'src/event-store/event-store.ts',
  'src/event-store/handle.ts',
  'src/database/',
  'src/metrics.ts',
];
/** What the runtime offers to projections and reactors. */
const SUBSCRIPTIONS = ['src/subscriptions/[^/]+[.]ts$'];
/** Made of proto/ at build. */
const GENERATED = 'src/proto/';
const EDGE = ['src/http/', 'src/workspaces/'];

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      // The tracker is a file that browsers load.
      from: { orphan: true, path: '^src/', pathNot: [SPEC, '[.]d[.]ts$', '^src/intake/tracker/'] },
      to: {},
    },
    {
      name: 'no-development-package-at-run-time',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    only('domain-imports-nothing', '^src/domain/', 'src/domain/'),
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: SPEC },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    only(
      'event-store',
      '^src/event-store/',
      'src/event-store/',
      'src/domain/',
      'src/database/client.ts',
      'src/backoff.ts',
    ),
    {
      name: 'the-client-of-eventstoredb-is-known-in-one-folder',
      severity: 'error',
      from: { pathNot: ['^src/event-store/eventstoredb-client/', '^test/eventstoredb/'] },
      to: { path: 'node_modules/(@eventstore|google-protobuf)' },
    },
    only('database', '^src/database/', 'src/database/', 'src/backoff.ts'),
    only('intake', '^src/intake/', 'src/intake/', ...EDGE, ...PORTS, GENERATED),
    only('collectors', '^src/collectors/', 'src/collectors/', 'src/intake/', ...EDGE, ...PORTS),
    // A list of people is read over HTTP as the command line reads a file.
    only(
      'contacts',
      '^src/contacts/',
      ...['src/contacts/', 'src/cli/import/', 'src/intake/', 'src/commands/checks.ts', ...EDGE, ...PORTS],
    ),
    only(
      'webhooks',
      '^src/webhooks/',
      ...['src/webhooks/', 'src/intake/(schema|outcome|body-check|arrival-cursor|openapi-parts)[.]ts$'],
      ...EDGE,
      ...PORTS,
    ),
    only(
      'commands',
      '^src/commands/',
      'src/commands/',
      'src/read-models/',
      ...EDGE,
      ...PORTS,
      'src/event-store/handle.ts',
      'src/event-store/handle-lead.ts',
    ),
    only('read-models', '^src/read-models/', 'src/read-models/', 'src/domain/'),
    only('subscriptions', '^src/subscriptions/[^/]+$', 'src/subscriptions/[^/]+$', ...RUNTIME_PORTS),
    only('subscriptions-api', '^src/subscriptions/api/', 'src/subscriptions/', ...EDGE, ...PORTS),
    only(
      'projections',
      '^src/projections/',
      'src/projections/',
      'src/read-models/',
      ...SUBSCRIPTIONS,
      ...PORTS,
    ),
    only('queries', '^src/queries/', 'src/queries/', 'src/read-models/', ...EDGE, ...PORTS),
    only(
      'model-preview',
      '^src/model-preview/',
      'src/model-preview/',
      'src/queries/',
      'src/projections/journey/(mail-domain|rows|touch-fact)[.]ts$',
      'src/read-models/',
      'src/niceness.ts',
      ...EDGE,
      ...PORTS,
    ),
    only('grpc', '^src/grpc/', ...['src/grpc/', 'src/intake/', 'src/queries/', ...EDGE, ...PORTS, GENERATED]),
    only(
      'reactors',
      '^src/reactors/',
      ...['src/reactors/', 'src/read-models/', 'src/event-store/handle-lead.ts'],
      'src/webhooks/(message|queue-messages)[.]ts$',
      ...SUBSCRIPTIONS,
      ...PORTS,
    ),
    only('kafka', '^src/kafka/', 'src/kafka/', 'src/kafka-config.ts', 'src/backoff.ts'),
    only('workspaces', '^src/workspaces/', 'src/workspaces/', ...PORTS),
    only('http', '^src/http/', ...EDGE, ...PORTS, 'src/runtime.ts'),
    {
      name: 'kafkajs-is-known-in-one-folder',
      severity: 'error',
      from: { path: '^(src|bench)/', pathNot: ['^src/kafka/kafkajs/', SPEC] },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'only-composers-open-kafka',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/kafka/kafkajs/', '^src/server.ts$', SPEC] },
      to: { path: '^src/kafka/kafkajs/' },
    },
    {
      name: 'only-composers-name-an-adapter',
      severity: 'error',
      from: { pathNot: [COMPOSERS, ADAPTERS, '^src/event-store/postgres'] },
      to: { path: ADAPTERS },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
