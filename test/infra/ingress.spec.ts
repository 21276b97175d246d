import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { collectorPaths } from '../../src/intake/openapi.js';
import { FORMATS } from '../../src/intake/formats/all.js';

interface Rule {
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix';
  readonly backend: { readonly service: { readonly name: string } };
}

const FILE = join(import.meta.dirname, '../../infra/k8s/overlays/example/ingress.yaml');

/** As Kubernetes matches: a prefix by whole elements of the path. */
const matches = (path: string) => (rule: Rule) =>
  path === rule.path || (rule.pathType === 'Prefix' && path.startsWith(`${rule.path.replace(/\/$/, '')}/`));

test('the example ingress leads every path of the intake to the role that serves it', async () => {
  const ingress = parse(await readFile(FILE, 'utf8')) as {
    spec: { rules: readonly { http: { paths: readonly Rule[] } }[] };
  };
  const rules = ingress.spec.rules.flatMap(({ http }) => http.paths);
  const paths = Object.keys(collectorPaths(FORMATS).paths).map((path) => path.replaceAll(/\{\w+\}/g, 'x'));
  expect(paths.length).toBeGreaterThan(40);
  const service = (path: string): string | undefined => rules.find(matches(path))?.backend.service.name;
  const expected = (path: string): string =>
    path.startsWith('/api/') ? 'touchline-query' : 'touchline-collect';
  expect(paths.filter((path) => service(path) !== expected(path))).toEqual([]);
});
