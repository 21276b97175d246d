import { readFileSync } from 'node:fs';

/** Version of the package: two levels above, in src as in dist. */
export const { version: RELEASE } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };
