// `npm run bench`: compiles the TypeScript of bench/ as it is loaded; the server that is measured is the built one.
import { join } from 'node:path';
import { build, install, ROOT } from './prepare.mjs';
import { run } from './run.mjs';

install();
build();
const hooks = join(ROOT, 'test', 'typescript-hooks.mjs');
run(['--import', hooks, join(ROOT, 'bench', 'main.ts'), ...process.argv.slice(2)]);
