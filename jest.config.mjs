import { availableParallelism } from 'node:os';
import { TIMEOUT_FACTOR } from './test/timeout-factor.mjs';

export default {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: '<rootDir>/test/environment.mjs',
  runtime: '<rootDir>/test/native-runtime.mjs',
  transform: {},
  globalSetup: '<rootDir>/test/global-setup.mjs',
  globalTeardown: '<rootDir>/test/global-teardown.mjs',
  testSequencer: '<rootDir>/test/sequencer.mjs',
  testTimeout: 60_000 * TIMEOUT_FACTOR,
  // Twice as many as there are cores: specs that start, kill and freeze processes mostly wait.
  maxWorkers: availableParallelism() * 2,
  // Each test file leaves some megabytes behind.
  workerIdleMemoryLimit: '1GB',
};
