import './typescript-hooks.mjs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import JestRuntime from 'jest-runtime';
import { TEST_GLOBALS } from './test-globals.mjs';

let files = 0;

/** jest-circus keeps its handlers, and under a symbol of its own the tests of a file with all that they hold, in the global object. */
const CIRCUS_SYMBOLS = new Set(['EVENT_HANDLERS', 'JEST_STATE_SYMBOL']);

function forgetTests() {
  for (const symbol of Object.getOwnPropertySymbols(globalThis))
    if (CIRCUS_SYMBOLS.has(symbol.description)) delete globalThis[symbol];
}

/**
 * Loads test files by Node's own `import()`, where jest's runtime loads each module again for each test file: some two seconds of CPU
 * for a file that needs the application. Modules cannot be mocked, and test files share the globals of their process.
 */
export class NativeRuntime extends JestRuntime {
  /** jest-circus, which keeps the tests of one file. */
  requireInternalModule(path) {
    forgetTests();
    // A new one each time, for it would keep what it loaded.
    const require = createRequire(import.meta.url);
    delete require.cache[path];
    return require(path);
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  setGlobalsForRuntime(globals) {
    super.setGlobalsForRuntime(globals);
    globalThis[TEST_GLOBALS] = this.jestGlobals.cjsGlobals(this._testPath);
  }

  async unstable_importModule(path) {
    files += 1;
    await import(`${pathToFileURL(path).href}?file=${files}`);
  }
}

// jest loads it by `require()`.
export { NativeRuntime as 'module.exports' };
