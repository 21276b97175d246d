import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { faultsOf, settingNames } from './settings.js';

const ROOT = join(import.meta.dirname, '..', '..');
const text = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');
const SETTINGS = [...settingNames()].sort();

/** `NAME=value` lines. */
const variables = (lines: string): Record<string, string> =>
  Object.fromEntries(
    [...lines.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );

/** As Compose fills in a value whose variables are not set. */
function filledIn(value: string): string {
  const innermost = /\$\{\w+:-([^${}]*)\}/;
  return innermost.test(value) ? filledIn(value.replace(innermost, '$1')) : value;
}

describe('every setting', () => {
  test('is covered by these tests', () => {
    expect(SETTINGS).toEqual(
      expect.arrayContaining(['PORT', 'ROLES', 'KAFKA_TLS_CA_FILE', 'KAFKA_REPLICATION']),
    );
  });

  test('is in .env.example, which contains only settings and variables of Compose', async () => {
    const named = Object.keys(variables(await text('.env.example')));
    const compose = await text('docker-compose.yml');
    expect(SETTINGS.filter((name) => !named.includes(name))).toEqual([]);
    const others = named.filter((name) => !SETTINGS.includes(name));
    expect(others.filter((name) => !compose.includes(`\${${name}:-`))).toEqual([]);
  });

  test('is documented in docs/operations.md', async () => {
    const page = await text('docs/operations.md');
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(
      SETTINGS.filter((name) => !rows.some((row) => row.split('|')[1]?.includes(`\`${name}\``))),
    ).toEqual([]);
  });
});

interface ComposeFile {
  readonly services: Readonly<
    Record<
      string,
      { readonly environment?: Readonly<Record<string, string | number>>; readonly profiles?: string[] }
    >
  >;
}

describe('docker-compose.yml', () => {
  test('gives each process valid settings', async () => {
    const { services } = parse(await text('docker-compose.yml'), { merge: true }) as ComposeFile;
    const processes = Object.entries(services).filter(([, { environment = {} }]) => 'ROLES' in environment);
    expect(processes.map(([name]) => name)).toEqual(['touchline', 'collect', 'project', 'query', 'react']);
    for (const [name, { environment = {} }] of processes) {
      const filled = Object.entries(environment).map(([key, value]) => [key, filledIn(String(value))]);
      expect([name, Object.keys(environment).filter((key) => !SETTINGS.includes(key))]).toEqual([name, []]);
      expect([name, faultsOf(Object.fromEntries(filled) as Record<string, string>)]).toEqual([name, []]);
    }
  });

  test('has two profiles with all required services', async () => {
    const { services } = parse(await text('docker-compose.yml'), { merge: true }) as ComposeFile;
    const of = (profile: string): string[] =>
      Object.keys(services).filter((name) => services[name]?.profiles?.includes(profile));
    expect(of('single')).toEqual(['touchline', 'postgres']);
    expect(of('cluster').sort()).toEqual(
      ['collect', 'eventstoredb', 'gateway', 'kafka', 'postgres', 'project', 'query', 'react'].sort(),
    );
    expect(Object.values(services).every(({ profiles }) => profiles !== undefined)).toBe(true);
  });
});

interface Kustomization {
  readonly configMapGenerator: readonly { readonly literals: readonly string[] }[];
  readonly secretGenerator?: readonly { readonly envs: readonly string[] }[];
}

describe('the manifests of Kubernetes', () => {
  test('give each role valid settings', async () => {
    const read = async (folder: string): Promise<Kustomization> =>
      parse(await text(`infra/k8s/${folder}/kustomization.yaml`)) as Kustomization;
    const [base, overlay] = [await read('base'), await read('overlays/example')];
    const literals = [base, overlay].flatMap(({ configMapGenerator }) =>
      configMapGenerator.flatMap((one) => one.literals),
    );
    const secrets = overlay.secretGenerator?.flatMap(({ envs }) => envs) ?? [];
    const secret = await Promise.all(secrets.map((file) => text(`infra/k8s/overlays/example/${file}`)));
    const environment = variables([...literals, ...secret].join('\n'));
    expect(Object.keys(environment).filter((name) => !SETTINGS.includes(name))).toEqual([]);
    for (const role of ['collect', 'project', 'query', 'react']) {
      expect(await text(`infra/k8s/base/${role}.yaml`)).toContain(`{ name: ROLES, value: ${role} }`);
      expect([role, faultsOf({ ...environment, ROLES: role })]).toEqual([role, []]);
    }
  });
});
