import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { createRegistry } from '@bufbuild/protobuf';
import {
  type CallOptions,
  Client,
  type ClientOptions,
  type ClientWritableStream,
  credentials,
  Metadata,
  type ServiceError,
  status as Code,
} from '@grpc/grpc-js';
import { file_google_rpc_error_details } from '../src/proto/google/rpc/error_details_pb.js';
import type { BadRequest, ErrorInfo, RetryInfo } from '../src/proto/google/rpc/error_details_pb.js';
import { StatusSchema } from '../src/proto/google/rpc/status_pb.js';
import {
  CollectorService,
  type RecordResponse,
  type RecordStreamResponse,
} from '../src/proto/touchline/v1/collector_pb.js';
import { pathOf } from '../src/grpc/definition.js';

/** A failed call as its caller sees it. */
export interface Failure {
  /** Name of the status. */
  readonly status: string;
  readonly message: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly fields?: readonly { readonly field: string; readonly description: string }[];
  /** Seconds of RetryInfo. */
  readonly retryAfter?: number;
}

type Answer<T> = Promise<T | Failure>;
const { record, recordStream } = CollectorService.method;
type Touchpoints = NonNullable<MessageInitShape<typeof record.input>['touchpoints']>;

const same = (bytes: Buffer): Buffer => bytes;
const ERRORS = createRegistry(file_google_rpc_error_details);

export const bearer = (key: string): Metadata => metadataOf({ authorization: `Bearer ${key}` });

export function metadataOf(values: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) metadata.set(name, value);
  return metadata;
}

/** A real client of the services on a port. Calls resolve to their answer or to what failed. */
export class GrpcClient {
  readonly raw: Client;

  constructor(
    port: number,
    private readonly metadata = new Metadata(),
    options: ClientOptions = {},
  ) {
    this.raw = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  }

  close(): void {
    this.raw.close();
  }

  call<M extends DescMethod>(
    method: M,
    request: MessageInitShape<M['input']>,
    options: CallOptions & { readonly metadata?: Metadata } = {},
  ): Answer<MessageShape<M['output']>> {
    const bytes = Buffer.from(toBinary(method.input, create<M['input']>(method.input, request)));
    return this.callWith(method, bytes, options);
  }

  /** With a request of any bytes. */
  callWith<M extends DescMethod>(
    method: M,
    request: Buffer,
    { metadata = this.metadata, ...options }: CallOptions & { readonly metadata?: Metadata } = {},
  ): Answer<MessageShape<M['output']>> {
    return new Promise((resolve) => {
      this.raw.makeUnaryRequest(pathOf(method), same, same, request, metadata, options, (error, answer) => {
        resolve(error ? failureOf(error) : fromBinary<M['output']>(method.output, answer!));
      });
    });
  }

  record(touchpoints: Touchpoints, metadata = this.metadata): Answer<RecordResponse> {
    return this.call(record, { touchpoints }, { metadata });
  }

  /** A stream that is open, and its answer. */
  stream(
    metadata = this.metadata,
    options: CallOptions = {},
  ): { readonly call: ClientWritableStream<Buffer>; readonly answer: Answer<RecordStreamResponse> } {
    let done: (answer: RecordStreamResponse | Failure) => void = () => undefined;
    const answer = new Promise<RecordStreamResponse | Failure>((resolve) => (done = resolve));
    const call = this.raw.makeClientStreamRequest<Buffer, Buffer>(
      pathOf(recordStream),
      same,
      same,
      metadata,
      options,
      (error, bytes) => {
        done(error ? failureOf(error) : fromBinary(recordStream.output, bytes!));
      },
    );
    return { call, answer };
  }

  /** Sends messages as fast as the server takes them, and ends. */
  async recordStream(
    messages: Iterable<Touchpoints>,
    metadata = this.metadata,
  ): Answer<RecordStreamResponse> {
    const { call, answer } = this.stream(metadata);
    let over = false;
    void answer.then(() => (over = true));
    for (const touchpoints of messages) {
      if (over) break;
      if (!call.write(messageOf(touchpoints)))
        await Promise.race([new Promise((resolve) => call.once('drain', resolve)), answer]);
    }
    call.end();
    return answer;
  }
}

export const messageOf = (touchpoints: Touchpoints): Buffer =>
  Buffer.from(toBinary(recordStream.input, create(recordStream.input, { touchpoints })));

export function failureOf(error: ServiceError): Failure {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const details = bytes === undefined ? [] : fromBinary(StatusSchema, bytes as Buffer).details;
  const parts = details.map((any) => anyUnpack(any, ERRORS));
  const find = (name: string): unknown => parts.find((part) => part?.$typeName === name);
  const info = find('google.rpc.ErrorInfo') as ErrorInfo | undefined;
  const bad = find('google.rpc.BadRequest') as BadRequest | undefined;
  const retry = find('google.rpc.RetryInfo') as RetryInfo | undefined;
  return {
    status: Code[error.code],
    message: error.details,
    ...(info && { reason: info.reason, domain: info.domain }),
    ...(bad && { fields: bad.fieldViolations.map(({ field, description }) => ({ field, description })) }),
    ...(retry && { retryAfter: Number(retry.retryDelay?.seconds) }),
  };
}

/** The answer of a call that is expected to succeed. @throws Error with what failed */
export async function good<T extends object>(answer: Answer<T>): Promise<T> {
  const got = await answer;
  if ('$typeName' in got) return got as T;
  throw new Error(`the call failed: ${JSON.stringify(got)}`);
}
