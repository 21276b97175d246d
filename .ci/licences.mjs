// Every installed package must have a permissive licence: nothing that asks for the source of what uses it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'CC-BY-4.0', // caniuse-lite, data of a development tool
  'ISC',
  'MIT',
  'MIT License', // starkbank-ecdsa, of a development tool
  'Python-2.0', // argparse
  'Unlicense',
]);

/** An SPDX expression of this project's packages: one choice of an OR will do, an AND needs all. */
const isPermissive = (expression) =>
  expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => PERMISSIVE.has(licence.trim())));

/** Packages that point to their LICENSE file: the first words of the grant of the MIT licence. */
const MIT_GRANT = /Permission is hereby granted, free of charge, to any person\s+obtaining\s+a\s+copy/;
const isMitFile = (license, folder) =>
  license === 'SEE LICENSE IN LICENSE' && MIT_GRANT.test(readFileSync(join(folder, 'LICENSE'), 'utf8'));

function* packagesUnder(folder) {
  for (const { name } of readdirSync(folder, { withFileTypes: true })) {
    if (name.startsWith('.')) continue;
    if (name.startsWith('@')) yield* packagesUnder(join(folder, name));
    else yield* packageAt(join(folder, name));
  }
}

function* packageAt(folder) {
  const entries = readdirSync(folder);
  if (entries.includes('package.json'))
    yield { folder, ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) };
  if (entries.includes('node_modules')) yield* packagesUnder(join(folder, 'node_modules'));
}

const all = [...packagesUnder(join(import.meta.dirname, '..', 'node_modules'))];
const wrong = all.filter(
  ({ license, folder }) =>
    typeof license !== 'string' || !(isPermissive(license) || isMitFile(license, folder)),
);
for (const { name, version, license } of wrong)
  console.error(`${name} ${version}: ${JSON.stringify(license)}`);
console.log(`${all.length} packages, ${wrong.length} without a permissive licence`);
process.exit(wrong.length > 0 ? 1 : 0);
