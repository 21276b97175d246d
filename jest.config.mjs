import { availableParallelism } from 'node:os';
import { TIMEOUT_FACTOR } from './test/timeout-factor.mjs';

/** Runs on ES modules: start it with `node --experimental-vm-modules` (bin/test.mjs does). */
export default {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: '<rootDir>/test/environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/global-setup.mjs',
  globalTeardown: '<rootDir>/test/global-teardown.mjs',
  testSequencer: '<rootDir>/test/sequencer.mjs',
  testTimeout: 60_000 * TIMEOUT_FACTOR,
  // One more than there are cores: specs that kill and freeze processes mostly wait.
  maxWorkers: availableParallelism() + 1,
};
