#!/usr/bin/env node
// `npx touchline …`: the command line; without arguments it shows its usage.
import { join } from 'node:path';
import { build, install, ROOT } from './prepare.mjs';
import { serverFlags } from './flags.mjs';
import { run } from './run.mjs';

install();
build();
run([...serverFlags(), join(ROOT, 'dist', 'cli', 'main.js'), ...process.argv.slice(2)]);
