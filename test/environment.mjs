import { TestEnvironment } from 'jest-environment-node';
import { TIMEOUT_FACTOR } from './timeout-factor.mjs';

/** The environment of Node, with the timeouts that tests and hooks name for themselves multiplied; those of the config are already. */
export default class extends TestEnvironment {
  handleTestEvent({ name, hook, test }) {
    const timed = { hook_start: hook, test_fn_start: test }[name];
    if (timed?.timeout !== undefined) timed.timeout *= TIMEOUT_FACTOR;
  }
}
