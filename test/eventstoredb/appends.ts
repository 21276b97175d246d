import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import codes from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Message } from 'google-protobuf';
import anys from 'google-protobuf/google/protobuf/any_pb.js';
import type { AppendOutcome, ExpectedRevision, ProposedRecord, ServerLog } from './log.js';

export type Apply = (
  stream: string,
  expected: ExpectedRevision,
  events: readonly ProposedRecord[],
) => AppendOutcome | 'busy' | 'denied';

interface Open {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: ProposedRecord[];
}

/** Collects the parts of an append; `answer` gets it whole. */
export class BatchParts {
  readonly #open = new Map<string, Open>();

  /** The whole append once its last part is here. */
  add(request: BatchAppendReq): (Open & { readonly correlation: string }) | undefined {
    const correlation = request.getCorrelationId()?.getString() ?? '';
    const options = request.getOptions();
    if (options) {
      const stream = nameOf(options.getStreamIdentifier());
      this.#open.set(correlation, { stream, expected: expectedOf(options), events: [] });
    }
    const open = this.#open.get(correlation);
    open?.events.push(...request.getProposedMessagesList().map(proposed));
    if (!open || !request.getIsFinal()) return undefined;
    this.#open.delete(correlation);
    return { ...open, correlation };
  }
}

/** The answer to a part of a batch-append stream. */
export function batchAnswer(
  correlation: string,
  stream: string,
  outcome: ReturnType<Apply>,
): BatchAppendResp {
  const answer = new streams.BatchAppendResp();
  answer.setCorrelationId(uuid(correlation));
  answer.setStreamIdentifier(identifier(stream));
  if (typeof outcome === 'object' && outcome.kind === 'appended') {
    const success = new streams.BatchAppendResp.Success();
    success.setCurrentRevision(String(outcome.revision));
    const position = new shared.AllStreamPosition();
    position.setCommitPosition(String(outcome.position)).setPreparePosition(String(outcome.position));
    success.setPosition(position);
    return answer.setSuccess(success);
  }
  return answer.setError(refusal(outcome));
}

function refusal(
  outcome: Exclude<ReturnType<Apply>, { kind: 'appended' }>,
): InstanceType<typeof statuses.Status> {
  const { INVALID_ARGUMENT, PERMISSION_DENIED, UNAVAILABLE, FAILED_PRECONDITION } = codes.Code;
  if (outcome === 'busy') return status(UNAVAILABLE, 'Server Is Busy', new shared.Empty(), 'Empty');
  if (outcome === 'denied')
    return status(PERMISSION_DENIED, 'Access Denied', new shared.AccessDenied(), 'AccessDenied');
  if (outcome.kind === 'too-large') {
    const limit = new shared.MaximumAppendSizeExceeded().setMaxappendsize(1_048_576);
    return status(INVALID_ARGUMENT, 'Maximum Append Size Exceeded', limit, 'MaximumAppendSizeExceeded');
  }
  const wrong = new shared.WrongExpectedVersion();
  if (outcome.current < 0) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentStreamRevision(String(outcome.current));
  return status(FAILED_PRECONDITION, 'Wrong Expected Version', wrong, 'WrongExpectedVersion');
}

function status(
  code: codes.Code,
  message: string,
  details: Message,
  type: string,
): InstanceType<typeof statuses.Status> {
  const packed = new anys.Any();
  packed.pack(details.serializeBinary(), `event_store.client.${type}`);
  return new statuses.Status().setCode(code).setMessage(message).setDetails(packed);
}

/** `Streams/Append`: one append a call. */
export function appendOnce(
  log: ServerLog,
  call: ServerReadableStream<AppendReq, AppendResp>,
  callback: sendUnaryData<AppendResp>,
): void {
  let stream = '';
  let expected: ExpectedRevision = 'any';
  const events: ProposedRecord[] = [];
  call.on('data', (request: AppendReq) => {
    const options = request.getOptions();
    const message = request.getProposedMessage();
    if (options) [stream, expected] = [nameOf(options.getStreamIdentifier()), expectedOf(options)];
    if (message) events.push(proposed(message));
  });
  call.on('end', () => callback(null, singleAnswer(log.append(stream, expected, events))));
}

function singleAnswer(outcome: AppendOutcome): AppendResp {
  const answer = new streams.AppendResp();
  if (outcome.kind === 'appended') {
    const at = String(outcome.position);
    const position = new streams.AppendResp.Position().setCommitPosition(at).setPreparePosition(at);
    const success = new streams.AppendResp.Success().setPosition(position);
    return answer.setSuccess(success.setCurrentRevision(String(outcome.revision)));
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (outcome.kind === 'wrong-version' && outcome.current >= 0)
    wrong.setCurrentRevision(String(outcome.current));
  else wrong.setCurrentNoStream(new shared.Empty());
  return answer.setWrongExpectedVersion(wrong);
}

export const nameOf = (stream: InstanceType<typeof shared.StreamIdentifier> | undefined): string =>
  Buffer.from(stream?.getStreamName_asU8() ?? []).toString();

export const identifier = (stream: string) =>
  new shared.StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(stream)));

export const uuid = (id: string) => new shared.UUID().setString(id);

function expectedOf(
  options:
    InstanceType<typeof streams.BatchAppendReq.Options> | InstanceType<typeof streams.AppendReq.Options>,
): ExpectedRevision {
  if (options.hasNoStream()) return -1;
  if (options.hasStreamExists()) return 'stream_exists';
  if (options.hasAny()) return 'any';
  return Number('getRevision' in options ? options.getRevision() : options.getStreamPosition());
}

function proposed(
  message:
    | InstanceType<typeof streams.BatchAppendReq.ProposedMessage>
    | InstanceType<typeof streams.AppendReq.ProposedMessage>,
): ProposedRecord {
  return {
    id: message.getId()?.getString() ?? '',
    type: message.getMetadataMap().get('type') ?? '',
    contentType: message.getMetadataMap().get('content-type') ?? '',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}
