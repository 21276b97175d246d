// `node .ci/dashboard-rules.mjs FILE`: the queries of a Grafana dashboard as recording rules, so that promtool reads them.
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';

const { panels } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const rules = panels
  .flatMap(({ targets = [] }) => targets)
  .map(({ expr }, nr) => ({
    record: `dashboard:query:${nr}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'touchline'),
  }));
console.log(stringify({ groups: [{ name: 'dashboard', rules }] }));
