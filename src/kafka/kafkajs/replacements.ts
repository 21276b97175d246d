// Replaces functions of kafkajs 2.2.4 before kafkajs is loaded: import it first. ADR 0016 has the gain of each.
import { createRequire } from 'node:module';
import { decodeRecordBatches } from './fetch-response.js';
import { groupByPartition } from './group-messages.js';
import { encodeProduceRequest, type ProduceRequest } from './produce-request.js';

const require = createRequire(import.meta.url);

function replace(path: string, by: (theirs: never) => unknown): void {
  const file = require.resolve(`kafkajs/src/${path}`);
  const theirs = require(file) as never;
  const module = require.cache[file];
  if (module) module.exports = by(theirs);
}

/** kafkajs's buffer of what is encoded so far. */
interface Encoder {
  buf: Buffer;
  offset: number;
}
const KafkajsEncoder = require('kafkajs/src/protocol/encoder.js') as new (size: number) => Encoder;

const encoded = (buffer: Buffer): Encoder =>
  Object.assign(new KafkajsEncoder(0), { buf: buffer, offset: buffer.length });

type CreateProduceRequest = (asked: ProduceRequest) => { readonly encode: () => Promise<Encoder> };

const withOwnEncoding =
  (theirs: CreateProduceRequest): CreateProduceRequest =>
  (asked) => {
    const request = theirs(asked);
    const isPlain = !asked.compression && asked.transactionalId == null;
    return isPlain
      ? { ...request, encode: () => Promise.resolve(encoded(encodeProduceRequest(asked))) }
      : request;
  };

replace('producer/groupMessagesPerPartition.js', () => groupByPartition);
replace('protocol/requests/produce/v3/request.js', withOwnEncoding);
replace('protocol/requests/fetch/v4/decodeMessages.js', decodeRecordBatches);
