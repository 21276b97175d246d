// Puts faster functions in the place of kafkajs's, before kafkajs is loaded: import it first. Imported for its effect.
import { createRequire } from 'node:module';
import { crc32c } from './crc32c.js';
import { encodeRecord } from './record.js';

const require = createRequire(import.meta.url);

function replace(path: string, by: unknown): void {
  const theirs = require.resolve(`kafkajs/src/protocol/recordBatch/${path}`);
  require(theirs);
  const module = require.cache[theirs];
  if (module) module.exports = by;
}

replace('crc32C/index.js', crc32c);
replace('record/v0/index.js', encodeRecord);
