import { generate } from '../bin/prepare.mjs';
import './typescript-hooks.mjs';

/** One PostgreSQL server a jest run, its template database migrated once; test files clone it (test/database.ts). */
export default async function globalSetup() {
  generate();
  const { startTestServer } = await import('./server.ts');
  globalThis.touchlineTestServer = await startTestServer();
}
