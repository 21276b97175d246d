// Records touchpoints over gRPC, then queries a lead. Run it in the folder that contains `proto`:
//   npm install @grpc/grpc-js @grpc/proto-loader
//   WRITE_KEY=wk_… API_KEY=ak_… node grpc-client.mjs localhost:3001 proto
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const [address = 'localhost:3001', proto = 'proto'] = process.argv.slice(2);
const files = ['touchline/v1/collector.proto', 'touchline/v1/query.proto'];
const options = { includeDirs: [proto], longs: String, enums: String, oneofs: true };
const { v1 } = loadPackageDefinition(loadSync(files, options)).touchline;
const collector = new v1.CollectorService(address, credentials.createInsecure());
const queries = new v1.QueryService(address, credentials.createInsecure());

const withKey = (key) => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${key}`);
  return metadata;
};
const timestamp = (date) => ({ seconds: Math.floor(date / 1000), nanos: (date % 1000) * 1e6 });

/** Sends all touchpoints in one stream, some hundred per message, no faster than the server reads them. */
async function recordStream(touchpoints) {
  let onResponse;
  const receipts = new Promise((resolve, reject) => {
    onResponse = (error, response) => (error ? reject(error) : resolve(response.receipts));
  });
  const stream = collector.RecordStream(withKey(process.env.WRITE_KEY), (...args) => onResponse(...args));
  for (let start = 0; start < touchpoints.length; start += 200) {
    const canWriteMore = stream.write({ touchpoints: touchpoints.slice(start, start + 200) });
    if (!canWriteMore) await Promise.race([once(stream, 'drain'), receipts]);
  }
  stream.end();
  return receipts;
}

/** Retries transient errors with backoff. Sending everything again is safe: recording is idempotent. */
async function withRetries(call, maxAttempts = 5) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const isTransient = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED].includes(error.code);
      if (!isTransient || attempt === maxAttempts) throw error;
      await sleep(500 * 2 ** attempt);
    }
  }
}

const touchpoints = [1, 2, 3].map((nth) => ({
  messageId: `grpc-${nth}`, // the same for every attempt
  kind: 'content_download',
  occurredAt: timestamp(Date.UTC(2026, 2, nth, 9, 30)),
  email: 'grace@navy.example',
  content: { id: `wp-${nth}`, title: 'Attribution for humans', type: 'white_paper' },
}));
const receipts = await withRetries(() => recordStream(touchpoints));
for (const { messageId, status: outcome, position, reason } of receipts)
  console.log(messageId, outcome, position ?? `${reason.code}: ${reason.path ?? ''} ${reason.message}`);

const request = { id: 'email:grace@navy.example', minPosition: receipts.at(-1).position };
queries.GetLead(request, withKey(process.env.API_KEY), (error, lead) => {
  console.log(error ? error.details : `${lead.email}: ${lead.touchpoints} touchpoints as of ${lead.asOf}`);
});
