/** Where the runtime leaves, for `jest-globals.mjs`, what `@jest/globals` exports to the test file that it loads. */
export const TEST_GLOBALS = Symbol.for('touchline.test.globals');
