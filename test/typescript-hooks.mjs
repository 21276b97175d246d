import { existsSync, readFileSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const HERE = new URL('./', import.meta.url).href;
const TYPESCRIPT = /[.]ts(?:[?]|$)/;

process.setSourceMapsEnabled(true);
enableCompileCache();

/**
 * Node runs the TypeScript of this project: `./x.js` finds `./x.ts`, compiled as `.swcrc` says.
 *
 * A test file is imported with a query of its own, and hands it on to what it imports of this folder: helpers may have hooks of jest
 * and state, so each test file has its own; the modules of `src` and of packages are loaded once a process.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL = '' } = context;
    const query = parentURL.startsWith(HERE) || TYPESCRIPT.test(parentURL) ? new URL(parentURL).search : '';
    if (specifier === '@jest/globals')
      return { url: `${HERE}jest-globals.mjs${query}`, format: 'module', shortCircuit: true };
    if (specifier.startsWith('.') && specifier.endsWith('.js') && TYPESCRIPT.test(parentURL)) {
      const { href } = new URL(specifier.replace(/\.js$/, '.ts'), parentURL);
      if (existsSync(fileURLToPath(href)))
        return { url: href.startsWith(HERE) ? href + query : href, format: 'module', shortCircuit: true };
    }
    return nextResolve(specifier, context);
  },
  load(url, context, nextLoad) {
    if (!TYPESCRIPT.test(url) || url.includes('/node_modules/')) return nextLoad(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), { filename, sourceMaps: 'inline' });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
