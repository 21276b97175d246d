#!/usr/bin/env node
// `npm start`: from a fresh clone to a running server.
import { join } from 'node:path';
import { build, install, ROOT } from './prepare.mjs';
import { run } from './run.mjs';

install();
build();
run(['--enable-source-maps', join(ROOT, 'dist', 'main.js'), ...process.argv.slice(2)]);
