// `npm run bench`: Node runs the TypeScript of bench/ as it is; the server that is measured is the built one.
import { join } from 'node:path';
import { build, install, ROOT } from './prepare.mjs';
import { run } from './run.mjs';

install();
build();
const hooks = join(ROOT, 'test', 'typescript-hooks.mjs');
const flags = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', '--import', hooks];
run([...flags, join(ROOT, 'bench', 'main.ts'), ...process.argv.slice(2)]);
