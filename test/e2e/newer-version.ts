import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface NewerVersion {
  readonly main: string;
  remove(): Promise<void>;
}

/** The built server as its next version would be that makes other rows of a projection: its version is one higher. */
export async function newerVersion(projection: string): Promise<NewerVersion> {
  // Below node_modules, where its imports of packages are found.
  const folder = await mkdtemp(join(ROOT, 'node_modules', '.touchline-newer-'));
  for (const part of ['dist', 'models', 'package.json'])
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  const file = join(folder, 'dist', 'projections', `${projection}.js`);
  const code = await readFile(file, 'utf8');
  const raised = code.replace(
    /^( +version: )(\d+),$/m,
    (_, name: string, nr: string) => `${name}${Number(nr) + 1},`,
  );
  if (raised === code) throw new Error(`${file} names no version`);
  await writeFile(file, raised);
  return {
    main: join(folder, 'dist', 'main.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
