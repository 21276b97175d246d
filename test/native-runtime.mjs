import './typescript-hooks.mjs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import JestRuntime from 'jest-runtime';
import { TEST_GLOBALS } from './test-globals.mjs';

const require = createRequire(import.meta.url);
/** Of jest-circus: it adds to the handlers that it finds here. */
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');
let files = 0;

/**
 * Loads test files by Node's own `import()`, where jest's runtime loads each module anew for each test file: some two seconds of CPU
 * for a file that needs the application. Modules cannot be mocked, and test files share the globals of their process.
 */
export class NativeRuntime extends JestRuntime {
  /** jest-circus, which keeps the tests of one file. */
  requireInternalModule(path) {
    delete require.cache[path];
    delete globalThis[EVENT_HANDLERS];
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
