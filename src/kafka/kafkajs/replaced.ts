// Puts faster functions in the place of kafkajs's, before kafkajs is loaded: import it first. Imported for its effect.
import { createRequire } from 'node:module';
import { decoding } from './fetched.js';
import { framed, type Request } from './framed.js';
import { grouped } from './grouped.js';
import { producedBody, type ToProduce } from './produce.js';

const require = createRequire(import.meta.url);

function replace(path: string, by: (theirs: never) => unknown): void {
  const file = require.resolve(`kafkajs/src/${path}`);
  const theirs = require(file) as never;
  const module = require.cache[file];
  if (module) module.exports = by(theirs);
}

type Producing = (asked: ToProduce) => Request;

const producing =
  (theirs: Producing): Producing =>
  (asked) => {
    const request = theirs(asked);
    const isPlain = !asked.compression && asked.transactionalId == null;
    return isPlain ? { ...request, encode: () => Promise.resolve(encoded(producedBody(asked))) } : request;
  };

/** What kafkajs takes for an encoder of its own. */
const encoded = (buffer: Buffer): Awaited<ReturnType<Request['encode']>> => ({ buf: buffer, buffer });

replace('producer/groupMessagesPerPartition.js', () => grouped);
replace('protocol/request.js', () => framed);
replace('protocol/requests/produce/v3/request.js', producing);
replace('protocol/requests/fetch/v4/decodeMessages.js', decoding);
