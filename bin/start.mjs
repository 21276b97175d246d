#!/usr/bin/env node
// `npm start`: from a fresh clone to a running server.
import { join } from 'node:path';
import { serverFlags } from './flags.mjs';
import { build, install, ROOT } from './prepare.mjs';
import { run } from './run.mjs';

install();
build();
run([...serverFlags(), join(ROOT, 'dist', 'main.js'), ...process.argv.slice(2)]);
