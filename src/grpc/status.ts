import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, type ServiceError, status as Code } from '@grpc/grpc-js';
import { answerTo } from '../http/problem.filter.js';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../proto/google/rpc/error_details_pb.js';
import { StatusSchema } from '../proto/google/rpc/status_pb.js';

/** An error of a call as HTTP would answer it. */
export type HttpAnswer = ReturnType<typeof answerTo>;

/** Of ErrorInfo: whose codes these are. */
const DOMAIN = 'touchline';

/** HTTP status → gRPC status; what is not here is INTERNAL. */
const CODES: Readonly<Record<number, Code>> = {
  400: Code.INVALID_ARGUMENT,
  401: Code.UNAUTHENTICATED,
  403: Code.PERMISSION_DENIED,
  404: Code.NOT_FOUND,
  409: Code.ABORTED,
  413: Code.RESOURCE_EXHAUSTED,
  415: Code.INVALID_ARGUMENT,
  422: Code.FAILED_PRECONDITION,
  429: Code.RESOURCE_EXHAUSTED,
  503: Code.UNAVAILABLE,
};

/** Clients take 8 KB of trailers, these in base64: fields at most, and bytes of a text, which may echo what was sent. */
const FIELDS = 8;
const [MESSAGE_BYTES, FIELD_BYTES, DESCRIPTION_BYTES] = [600, 64, 300];

function cut(text: string, bytes: number): string {
  const all = Buffer.from(text);
  if (all.length <= bytes) return text;
  return `${all.toString('utf8', 0, bytes - 3).replace(/\ufffd+$/, '')}…`;
}

/**
 * An error of the HTTP API as a status of gRPC. Its details (google.rpc.Status in `grpc-status-details-bin`): ErrorInfo with
 * the stable code as `reason`, BadRequest with the fields at fault, RetryInfo with the wait of `Retry-After`.
 */
export function statusOf({ status, code, detail, errors = [], headers = {} }: HttpAnswer): ServiceError {
  const grpcCode = CODES[status] ?? Code.INTERNAL;
  const message = cut(detail, MESSAGE_BYTES);
  const details = [packed(ErrorInfoSchema, { reason: code, domain: DOMAIN })];
  const fieldViolations = errors.slice(0, FIELDS).map(({ path, message: why }) => ({
    field: cut(path, FIELD_BYTES),
    description: cut(why, DESCRIPTION_BYTES),
  }));
  if (fieldViolations.length > 0) details.push(packed(BadRequestSchema, { fieldViolations }));
  const seconds = Number(headers['retry-after']);
  if (seconds > 0) details.push(packed(RetryInfoSchema, { retryDelay: { seconds: BigInt(seconds) } }));
  const metadata = new Metadata();
  const status_ = create(StatusSchema, { code: grpcCode, message, details });
  metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, status_)));
  return Object.assign(new Error(message), { code: grpcCode, details: message, metadata });
}

function packed<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Any {
  return anyPack<D>(schema, create<D>(schema, init));
}

/** What any error is to the client, by the rules of HTTP. */
export const statusOfError = (error: unknown): ServiceError => statusOf(answerTo(error));
