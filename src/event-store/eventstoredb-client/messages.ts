import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq, ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { EventStoreDbAway } from '../eventstoredb-faults.js';
import type { Filter, ProposedEvent, ServerEvent, Write, Written } from './types.js';

export type ReadOptions = InstanceType<typeof streams.ReadReq.Options>;
export type ReadAnswer = InstanceType<typeof streams.ReadResp>;
export type AppendAnswer = InstanceType<typeof streams.BatchAppendResp>;
type StoredRecord = InstanceType<typeof streams.ReadResp.ReadEvent.RecordedEvent>;

/** Records looked at in one go by a filtered read; must be more than are asked for. */
const SEARCH_WINDOW = 1_000;

export function requestOf({ stream, expected, events }: Write): BatchAppendReq {
  const options = new streams.BatchAppendReq.Options().setStreamIdentifier(identifier(stream));
  if (expected < 0) options.setNoStream(new shared.Empty());
  else options.setStreamPosition(String(expected));
  const request = new streams.BatchAppendReq().setOptions(options).setIsFinal(true);
  return request.setProposedMessagesList(events.map(proposed));
}

function proposed({ id, type, data, metadata }: ProposedEvent) {
  const message = new streams.BatchAppendReq.ProposedMessage().setId(uuid(id));
  message.getMetadataMap().set('type', type);
  message.getMetadataMap().set('content-type', 'application/json');
  return message.setData(Buffer.from(data)).setCustomMetadata(Buffer.from(metadata));
}

/** @throws EventStoreDbAway, TypeError */
export function writtenOf({ stream, events }: Write, answer: AppendAnswer): Written {
  const success = answer.getSuccess();
  if (success) return { kind: 'appended', position: BigInt(success.getPosition()?.getCommitPosition() ?? 0) };
  const error = answer.getError();
  const why = error?.getDetails()?.getTypeName().split('.').at(-1);
  if (why === 'WrongExpectedVersion') return { kind: 'wrong-version' };
  if (why === 'MaximumAppendSizeExceeded')
    throw new TypeError(
      `${events.length} events for ${stream} are more than EventStoreDB takes in one append (MaxAppendSize)`,
    );
  if (why === 'StreamDeleted') throw new TypeError(`stream ${stream} was deleted in EventStoreDB`);
  if (why === 'BadRequest') throw new TypeError(`EventStoreDB refuses: ${error?.getMessage()}`);
  throw new EventStoreDbAway(`EventStoreDB did not append: ${error?.getMessage() || why}`);
}

export function allFrom(from: bigint | 'start' | 'end') {
  const options = new streams.ReadReq.Options.AllOptions();
  if (from === 'start') return options.setStart(new shared.Empty());
  if (from === 'end') return options.setEnd(new shared.Empty());
  const position = new streams.ReadReq.Options.Position();
  return options.setPosition(position.setCommitPosition(String(from)).setPreparePosition(String(from)));
}

export function filterOf(filter: Filter, limit: number) {
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  const options = new streams.ReadReq.Options.FilterOptions();
  options.setMax(Math.max(limit + 1, SEARCH_WINDOW)).setCheckpointintervalmultiplier(1);
  if ('types' in filter) return options.setEventType(expression.setRegex(`^(${filter.types.join('|')})$`));
  return options.setStreamIdentifier(expression.setPrefixList([filter.streamPrefix]));
}

export function readRequest(options: ReadOptions): ReadReq {
  const asText = new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty());
  return new streams.ReadReq().setOptions(options.setUuidOption(asText));
}

const TICKS_A_MS = 10_000;

export function eventOf(record: StoredRecord): ServerEvent {
  const about = record.getMetadataMap();
  return {
    stream: text(record.getStreamIdentifier()?.getStreamName_asU8()),
    revision: Number(record.getStreamRevision()),
    position: BigInt(record.getCommitPosition()),
    id: record.getId()?.getString() ?? '',
    type: about.get('type') ?? '',
    created: new Date(Math.floor(Number(about.get('created')) / TICKS_A_MS)),
    data: about.get('content-type') === 'application/json' ? text(record.getData_asU8()) : undefined,
    metadata: text(record.getCustomMetadata_asU8()),
  };
}

const text = (bytes: Uint8Array = new Uint8Array()): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
export const identifier = (stream: string) =>
  new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
export const uuid = (id: string) => new shared.UUID().setString(id);
