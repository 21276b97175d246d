import type { OpenAPIObject } from '@nestjs/swagger';
import type { TObject, TSchema } from 'typebox';
import type { EventData } from '../domain/events.js';
import type { OpportunityReport } from '../domain/opportunity-report.js';
import type { TokenClaim } from '../event-store/event-store.js';
import type { CollectorCredential as Credential } from '../http/known-keys.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { RequestLimits } from './limits.js';
import type { Outcome, Refusal, Rejected } from './outcome.js';
import type { Reading } from './reading.js';
import type { RequestBody } from './request-body.js';
import type { ClientTime } from './time.js';

type CollectedType =
  'TouchpointRecorded' | 'TouchpointWithdrawn' | 'IdentityClaimed' | 'AccountObserved' | 'ConsentChanged';

/** One event to be, without what the pipeline adds: id, believed time, collector. */
export type Fact = {
  [K in CollectedType]: {
    readonly type: K;
    readonly stream: string;
    /** Tells apart the facts of one message in their event ids. */
    readonly part?: string;
    /** When it happened, where that is not the time of the message. */
    readonly time?: ClientTime;
    /** It is left out, with a warning, unless its own time can be believed. */
    readonly needsTime?: boolean;
    readonly data: EventData[K];
  };
}[CollectedType];

/** What one item says, in our words. */
export interface Message {
  /** At most 100 characters; the same for every try to send it. Undefined: the client gave none. */
  readonly messageId: string | undefined;
  readonly time: ClientTime;
  /** At least one, unless there are reports; the first one's receipt answers for the message. */
  readonly facts: readonly Fact[];
  /** What it says of opportunities: decided once its facts are in the log. A public write key reports none. */
  readonly opportunities?: readonly OpportunityReport[];
}

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Who sent a request over HTTP. */
export interface Client {
  /** IP address; that of a proxy unless it is a trusted one. */
  readonly address: string;
  readonly userAgent: string | undefined;
}

/** A request without its body. A record of Kafka has its headers here, a message of gRPC nothing but its call. */
export interface RequestHead {
  /** The endpoint's name, e.g. `track`. */
  readonly call: string;
  /** By their names in lower case. */
  readonly headers: Headers;
  /** Parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** What follows the `?` of the address, as it was sent. */
  readonly query: string;
  /** Of HTTP alone, like the next three: GET, POST or HEAD. */
  readonly method?: string;
  /** Of this request alone. */
  readonly id?: string;
  /** Its whole address, as its sender has it: signatures cover it. */
  readonly url?: string;
  readonly client?: Client;
  /** Of the collector that its credential names, once that is resolved. */
  readonly collector?: CollectorConfig | undefined;
}

/** The items of a request, each complete in itself, so that a rejected one can be replayed alone. */
export interface Items {
  readonly items: readonly unknown[];
  /** The request is one item and no list: when that is over the size of an event, the request is refused. */
  readonly isSingle?: boolean;
  /** False: no item holds characters that cannot be stored. */
  readonly mayHoldUnstorable?: boolean;
  /** What came of an item, byte for byte, where that can be told. Added to what a format decodes. */
  readonly sentOf?: (index: number) => Buffer | undefined;
}

/**
 * What a request comes to: its items; `rejected`, when it is kept whole and answered with the reason; or a reply at once, of
 * which nothing is kept, e.g. to a handshake or a signature that is wrong.
 */
export type Decoded = Items | Rejected | { readonly reply: Reply };

export interface Reply {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: string | Buffer;
}

/** One way into a format. */
export interface Decoder {
  /** Kept with what is rejected, so that a replay finds the same way again. */
  readonly call: string;
  /**
   * Takes a request apart. A rejected request is decoded again when it is replayed, then with its body (or, when it has none,
   * its query) alone: what else tells items apart belongs into the items.
   */
  decode(head: RequestHead, body: RequestBody): Decoded;
}

export type Operation = NonNullable<OpenAPIObject['paths'][string]['post']>;

export type { Credential };

/** Where requests of an endpoint carry their credential. */
export interface CredentialLocation {
  /** In the head of the request: it is looked up before the body is read. */
  inHead(head: RequestHead): Credential | undefined;
  /** In the text of the body, for requests whose head has none. Found without parsing: that is done for known ones only. */
  inBody?(text: string): Credential | undefined;
  /** For the API document: names of its security schemes, of which one will do. Default: those of WRITE_KEY. */
  readonly schemes?: readonly string[];
}

/** A request whose signature is to be checked. */
export interface SignedRequest {
  /** `collector` has the secrets. */
  readonly head: RequestHead;
  readonly body: RequestBody;
  readonly receivedAt: Date;
}

/** What a check of a signature may need beside the request. */
export interface VerificationServices {
  /** Fetches a small text by HTTPS, memoized, e.g. a certificate. @throws Error it cannot be had now: the request is answered 503 */
  fetchText(url: string): Promise<string>;
  /** The same without memory: a request that does something, e.g. confirms a subscription. */
  request(url: string): Promise<string>;
}

/** Undefined: the request is genuine. A claim: it is, if no other request has used this token. A refusal: it is not. */
export type Verified = Refusal | TokenClaim | undefined;

/** A route of HTTP. */
export interface Endpoint extends Decoder {
  /**
   * A preflight of a browser is no request: it is answered before an endpoint with OPTIONS. HEAD is answered where an endpoint
   * says so: asking for the head of a page is nothing that a buyer does.
   */
  readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  /** As Fastify has it: `/hooks/:key`. */
  readonly path: string;
  /** Default: WRITE_KEY, as all of our own clients send it. */
  readonly credential?: CredentialLocation;
  /**
   * Checks a signature over the request; runs before anything of it is kept. After a refusal (401), or when a token turns out to
   * be used, nothing is. An endpoint whose credential is no secret has to have it.
   */
  verify?(request: SignedRequest, services: VerificationServices): Verified | Promise<Verified>;
  /** The answer once each item is in the log, or kept as rejected; one outcome an item, in order. */
  reply(outcomes: readonly Outcome[], head: RequestHead): Reply;
  /** Another answer than the usual problem document to a request that is refused, e.g. for its key. */
  refuse?(refusal: Refusal, head: RequestHead): Reply | undefined;
  /**
   * A person waits for the answer: while requests cannot be recorded, they are answered all the same, kept in the data folder,
   * and recorded later. Of requests without a body; `reply` gets no outcomes then.
   */
  readonly recordsLater?: boolean;
  /** For the API document, which adds the security and the answers to refused requests. */
  readonly operation: Omit<Operation, 'security'>;
}

/** Records of Kafka: each is one item. */
export interface RecordType extends Decoder {
  /** As clients name it in the header `content-type`. */
  readonly contentType: string;
  /** Of several formats that accept a record, the last in the list has it. */
  accepts(headers: Headers): boolean;
  /** Default: always. False: the headers say all. */
  needsValue?(headers: Headers): boolean;
  /** The item's own write key, where its headers have none. */
  writeKeyOf?(item: unknown): string | undefined;
}

/** A method of gRPC. */
export interface RpcMethod extends Decoder {
  reply(outcomes: readonly Outcome[]): Uint8Array;
}

/** A wire format: everything that is its own. Pure: what depends on the moment (receipt, workspace, key) is added by the pipeline. */
export interface Format extends RequestLimits {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly record?: RecordType;
  readonly rpc?: readonly RpcMethod[];
  /** Rows of files that are imported, where they come in no other way. */
  readonly rows?: Decoder;
  /** What an item looks like: gives its type, is what `read` checks and what the API document shows. */
  readonly schema: TSchema;
  /** What a collector of this format may set beside the settings of all (workspaces/collector-settings.ts). */
  readonly settings?: TObject;
  /** Where a secret is more than any text: what is wrong with one. Such secrets are the provider's, and never made here. */
  secretFault?(secret: string): string | undefined;
  /** For the API document: further schemas by name, which `endpoints` refer to, and the groups of its operations. */
  readonly schemas?: Readonly<Record<string, TSchema>>;
  readonly tags?: NonNullable<OpenAPIObject['tags']>;

  /** The meaning of one item; what is left out of it goes to the warnings. Never throws, whatever JSON it is given. */
  read(item: unknown, reading: Reading): Message | Rejected;
}

/** An endpoint with its format, for errors of requests whose body was not read. */
export interface CollectorRoute {
  readonly format: Format;
  readonly endpoint: Endpoint;
}

/** The way into the format by its name; undefined: this version does not have it. */
export const decoderOf = ({ endpoints, record, rpc = [], rows }: Format, call: string): Decoder | undefined =>
  [...endpoints, ...rpc, ...(record ? [record] : []), ...(rows ? [rows] : [])].find(
    (decoder) => decoder.call === call,
  );
