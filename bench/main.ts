// `npm run bench [-- PART …] [--seconds N]`: every figure of docs/performance.md, each beside its bar. Parts: append,
// ingest, formats, import, grpc, visible, reactors, catch-up, orders, roles, rules, report, verdicts, models, attribution-models, sequences, engines, kafka.
// Without any: all of these. `metrics` and `large-report` take some ten minutes each, for a million touchpoints are projected first.
// `export` sends `--millions 10` of credits in each format.
// `log-size` takes half an hour: `--millions 10` of events are appended and projected; `--append-only` skips the latter.
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { startEmbedded } from '../src/database/embedded.js';
import { append, rawLimit } from './append.js';
import { arrivalOrders } from './arrival-orders.js';
import { attributionModels } from './attribution-models.js';
import { catchUp } from './catch-up.js';
import { engines } from './engines.js';
import { printFigures } from './figure.js';
import { exports } from './export.js';
import { formats } from './formats.js';
import { grpc } from './grpc.js';
import { importing } from './import.js';
import { ingest } from './ingest.js';
import { kafka } from './kafka.js';
import { largeReports } from './large-report.js';
import { logSize } from './log-size.js';
import { metrics } from './metrics.js';
import { models } from './model.js';
import { reactors } from './reactors.js';
import { reports } from './report.js';
import { roles } from './roles.js';
import { rules } from './rules.js';
import { sequences } from './sequences.js';
import { inFolder } from './server.js';
import { verdicts } from './verdicts.js';
import { visible } from './visible.js';

const PARTS = [
  'append',
  'ingest',
  'formats',
  'import',
  'grpc',
  'visible',
  'reactors',
  'catch-up',
  'orders',
  'roles',
  'rules',
  'report',
  'verdicts',
  'models',
  'attribution-models',
  'sequences',
  'engines',
  'kafka',
];

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    millions: { type: 'string', default: '10' },
    'append-only': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const seconds = Number(values.seconds);
const chosen = positionals.length > 0 ? positionals : PARTS;
const LONG = ['large-report', 'metrics', 'log-size', 'export'];
const unknown = chosen.filter((part) => !PARTS.includes(part) && !LONG.includes(part));
if (unknown.length > 0 || !(seconds > 0)) {
  console.error(
    `bench: unknown ${unknown.join(', ') || `--seconds ${values.seconds}`}; parts are ${[...PARTS, ...LONG].join(', ')}`,
  );
  process.exit(1);
}

console.log(
  `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? '?'}), ${Math.round(totalmem() / 2 ** 30)} GB\n`,
);
const report = printFigures();
const limit = await onServer((url) => rawLimit(report, url, seconds / 2));
if (chosen.includes('append')) await onServer((url) => append(report, limit, url, seconds / 2));
if (chosen.includes('ingest')) await ingest(report, limit, seconds);
if (chosen.includes('formats')) await formats(report, seconds);
if (chosen.includes('import')) await importing(report, limit);
if (chosen.includes('grpc')) await grpc(report, seconds);
if (chosen.includes('visible')) await visible(report, seconds);
if (chosen.includes('reactors')) await reactors(report, seconds);
if (chosen.includes('catch-up')) await catchUp(report, limit);
if (chosen.includes('orders')) await arrivalOrders(report);
if (chosen.includes('roles')) await roles(report);
if (chosen.includes('rules')) await rules(report);
if (chosen.includes('report')) await reports(report);
if (chosen.includes('verdicts')) await verdicts(report);
if (chosen.includes('models')) await models(report);
if (chosen.includes('attribution-models')) await attributionModels(report);
if (chosen.includes('sequences')) sequences(report);
if (chosen.includes('engines')) await onServer((url) => engines(report, limit, url, seconds / 2));
if (chosen.includes('kafka')) await kafka(report, limit);
if (chosen.includes('large-report')) await largeReports(report);
if (chosen.includes('metrics')) await metrics(report);
if (chosen.includes('export')) await exports(report, Number(values.millions) * 1e6);
if (chosen.includes('log-size')) await logSize(report, Number(values.millions) * 1e6, !values['append-only']);

function onServer<T>(measure: (url: string) => Promise<T>): Promise<T> {
  return inFolder(async (dataDir) => {
    const server = await startEmbedded({ dataDir });
    return measure(server.url).finally(() => server.stop());
  });
}
