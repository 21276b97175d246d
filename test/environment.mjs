import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';
import { TIMEOUT_FACTOR } from './timeout-factor.mjs';

/** The globals of the process itself, for native-runtime.mjs; the timeouts that tests and hooks name are multiplied as the config's are. */
export default class ProcessEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null;
  #console = globalThis.console;
  #exit = process.exit;

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {
    // Node's own traces have the lines of the TypeScript.
    Error.prepareStackTrace = undefined;
  }

  async teardown() {
    this.fakeTimersModern.dispose();
    this.moduleMocker.restoreAllMocks();
    // jest replaces them for each test file.
    globalThis.console = this.#console;
    process.exit = this.#exit;
  }

  /** There is none. */
  getVmContext() {
    return null;
  }

  handleTestEvent({ name, hook, test }) {
    const timed = { hook_start: hook, test_fn_start: test }[name];
    if (timed?.timeout !== undefined) timed.timeout *= TIMEOUT_FACTOR;
  }
}
