import { create, toBinary } from '@bufbuild/protobuf';
import { timestampNow, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { TouchpointSchema } from '../src/proto/touchline/v1/touchpoint_pb.js';

/** Number of browsers that send page views; some of them belong to known people. */
const PEOPLE = 20_000;
const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;
let serial = 0;

const PAGES = [
  'pricing',
  'product/attribution',
  'blog/buyer-persona',
  'whitepapers/lead-scoring',
  'docs/start',
];
const AGENT =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36';

const person = (nr: number): string => `b-${((nr * 7_919) % PEOPLE).toString(36)}`;
const page = (nr: number): string => PAGES[nr % PAGES.length] ?? 'pricing';

/** One item of a Segment batch, some 600 bytes as a browser's library sends it. */
export function segmentItem(now: string): string {
  const nr = ++serial;
  const path = page(nr);
  return `{"type":"page","messageId":"ajs-${run}-${nr}","anonymousId":"${person(nr)}","timestamp":"${now}","name":"${path}","properties":{"url":"https://www.example.com/${path}?utm_source=google&utm_medium=cpc&utm_campaign=spring","path":"/${path}","title":"How to plan around the buyer persona","referrer":"https://www.google.com/"},"context":{"userAgent":"${AGENT}","ip":"203.0.113.7","locale":"en-US","library":{"name":"analytics.js","version":"next-1.70.0"}}}`;
}

/** Body of `POST /v1/batch` with this number of page views. */
export function segmentBatch(size: number): string {
  const now = new Date().toISOString();
  const items = Array.from({ length: size }, () => segmentItem(now));
  return `{"batch":[${items.join(',')}],"sentAt":"${now}"}`;
}

/** Ids of a page view and of its browser as UUIDs, as trackers make them. */
const uuid = (kind: string, nr: number): string =>
  `${kind}0000000-0000-4000-8000-${String(nr).padStart(12, '0')}`;

const web = (id: string): string =>
  `{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0","data":[{"schema":"iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0","data":{"id":"${id}"}}]}`;

/** One event of a Snowplow payload, as the browser's tracker sends it: some 900 bytes. */
function snowplowItem(now: number): string {
  const nr = ++serial;
  const path = page(nr);
  const context = Buffer.from(web(uuid('a', nr))).toString('base64url');
  return `{"e":"pv","url":"https://www.example.com/${path}?utm_source=google&utm_medium=cpc&utm_campaign=spring","page":"How to plan around the buyer persona","refr":"https://www.google.com/","eid":"${run}-${nr}","tv":"js-4.6.8","tna":"sp","aid":"site","p":"web","cookie":"1","cs":"UTF-8","lang":"en-US","res":"1920x1080","cd":"24","tz":"Europe/Berlin","dtm":"${now}","cx":"${context}","vp":"1280x720","ds":"1280x2300","vid":"3","sid":"${uuid('b', nr % PEOPLE)}","duid":"${person(nr)}","ua":"${AGENT}","stm":"${now}"}`;
}

/** Body of `POST /com.snowplowanalytics.snowplow/tp2` with this number of page views. */
export function snowplowPayload(size: number): string {
  const now = Date.now();
  const items = Array.from({ length: size }, () => snowplowItem(now));
  return `{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[${items.join(',')}]}`;
}

/** A batch of CloudEvents, each with one page view. */
export function cloudEventsBatch(size: number): string {
  const now = new Date().toISOString();
  const items = Array.from({ length: size }, () => {
    const nr = ++serial;
    const path = page(nr);
    return `{"specversion":"1.0","id":"${run}-${nr}","source":"/site","type":"com.example.page_view","time":"${now}","datacontenttype":"application/json","data":{"kind":"page_view","anonymousId":"${person(nr)}","content":{"url":"https://www.example.com/${path}?utm_source=google&utm_medium=cpc&utm_campaign=spring","title":"How to plan around the buyer persona"},"properties":{"path":"/${path}"},"context":{"userAgent":"${AGENT}","ip":"203.0.113.7","locale":"en-US","referrer":"https://www.google.com/"}}}`;
  });
  return `[${items.join(',')}]`;
}

/** Body of `POST /touchpoints` with one page view; `who` is an anonymous id, else one of many. */
export function nativeEvent(who?: string): string {
  const nr = ++serial;
  const path = page(nr);
  return `{"messageId":"${run}-${nr}","kind":"page_view","occurredAt":"${new Date().toISOString()}","anonymousId":"${who ?? person(nr)}","channel":"organic_search","source":"google","content":{"url":"https://www.example.com/${path}","title":"How to plan around the buyer persona"},"properties":{"path":"/${path}"},"context":{"userAgent":"${AGENT}","ip":"203.0.113.7","locale":"en-US"}}`;
}

/** What the page views of one page have in common, as Protobuf: a message is the sum of its parts. */
const SAME = PAGES.map((path) =>
  Buffer.from(
    toBinary(
      TouchpointSchema,
      create(TouchpointSchema, {
        ...{
          kind: 'page_view',
          channel: 'organic_search',
          source: 'google',
          properties: { path: `/${path}` },
        },
        content: { url: `https://www.example.com/${path}`, title: 'How to plan around the buyer persona' },
        context: { userAgent: AGENT, ip: '203.0.113.7', locale: 'en-US' },
      }),
    ),
  ),
);

/** A RecordStream message with this number of page views, as in `nativeEvent`; encoding it is cheap compared with decoding. */
export function touchpointMessage(size: number): Buffer {
  const at = Buffer.from(toBinary(TimestampSchema, timestampNow()));
  const parts: Buffer[] = [];
  for (let count = 0; count < size; count += 1) {
    const nr = ++serial;
    const rest = SAME[nr % SAME.length] ?? at;
    const id = `${run}-${nr}`;
    const who = person(nr);
    const head = Buffer.allocUnsafe(6 + id.length + at.length + who.length);
    head.writeUInt16BE(0x0a00 | id.length, 0);
    head.write(id, 2, 'latin1');
    head.writeUInt16BE(0x1a00 | at.length, 2 + id.length);
    at.copy(head, 4 + id.length);
    head.writeUInt16BE(0x2a00 | who.length, 4 + id.length + at.length);
    head.write(who, 6 + id.length + at.length, 'latin1');
    const length = head.length + rest.length;
    parts.push(Buffer.from([0x0a, (length & 127) | 128, length >>> 7]), head, rest);
  }
  return Buffer.concat(parts);
}
