/**
 * Whether V8 always reads a name of JSON right: one that is written with an escape may come back with a backslash instead
 * (nodejs/node#63785, open on Node 24 and 26), whatever parses it.
 */
export const isReadRight = (name: string): boolean => JSON.stringify(name) === `"${name}"`;
