#!/usr/bin/env node
// `npm start`: from a fresh clone to a running server, which is started again when it dies.
import { join } from 'node:path';
import { serverFlags } from './flags.mjs';
import { build, install, ROOT } from './prepare.mjs';
import { supervise } from './supervise.mjs';

install();
build();
await supervise([...serverFlags(), join(ROOT, 'dist', 'main.js'), ...process.argv.slice(2)]);
