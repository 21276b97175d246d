import { TEST_GLOBALS } from './test-globals.mjs';

/** What `@jest/globals` is within a test file (typescript-hooks.mjs). */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } =
  globalThis[TEST_GLOBALS];
