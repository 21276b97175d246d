import {
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Query, QueryBus } from '@nestjs/cqrs';
import { Problem } from '../http/problem.js';
import { QueryService } from '../proto/touchline/v1/query_pb.js';
import { FindAttribution } from '../queries/attribution.js';
import { FindLeadJourney } from '../queries/lead-journey.js';
import { FindLead } from '../queries/lead.js';
import type { MoneyItem } from '../queries/money.js';
import type { RawParams } from '../queries/params.js';
import type { AdmittedCalls } from './admit-calls.js';
import type { Calls } from './calls.js';

export interface Querying {
  readonly calls: AdmittedCalls;
  readonly queries: QueryBus;
}

const { getLead, getJourney, getAttribution } = QueryService.method;

/** QueryService: each call becomes the very question that the same request over HTTP is. */
export function queryService(deps: Querying, calls: Calls): UntypedServiceImplementation {
  const asked = <M extends DescMethod>(method: M, question: Ask<M>) => ({
    [method.name]: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
      calls.answer(`QueryService/${method.name}`, call, callback, () => answer(deps, method, question, call)),
  });
  return {
    ...asked(getLead, (workspace, { id, ...rest }) => new FindLead(workspace, id, given(rest))),
    ...asked(getJourney, (workspace, { id, ...rest }) => new FindLeadJourney(workspace, id, given(rest))),
    ...asked(getAttribution, (workspace, asked) => new FindAttribution(workspace, given(asked))),
  };
}

/** The question that a message asks. @throws Problem 400 */
type Ask<M extends DescMethod> = (workspace: string, asked: MessageShape<M['input']>) => Query<object>;

async function answer<M extends DescMethod>(
  { calls, queries }: Querying,
  { input, output }: M,
  question: Ask<M>,
  { request, metadata }: ServerUnaryCall<Buffer, Buffer>,
): Promise<Uint8Array> {
  const { flow, workspace } = calls.get(metadata) ?? {};
  if (!flow || workspace === undefined) throw new Error('a call was not admitted');
  const asked = decoded<M>(input, request);
  const found = await flow.handle(() => queries.execute(question(workspace, asked)));
  // The answers of HTTP are, in JSON, those of the .proto files; what HTTP may come to say more, gRPC leaves out.
  const json = JSON.parse(JSON.stringify(found, asProtobuf)) as JsonValue;
  return toBinary(output, fromJson(output, json, { ignoreUnknownFields: true }));
}

/** What JSON says by null and Protobuf cannot: no key among keys, and minor units beyond 2^53, which an int64 holds. */
function asProtobuf(this: unknown, name: string, value: unknown): unknown {
  if (name === 'keys' && Array.isArray(value)) return value.map((key: unknown) => key ?? '');
  if (name !== 'minor' || value !== null) return value;
  const { amount } = this as MoneyItem;
  return amount.replace('.', '');
}

function decoded<M extends DescMethod>(input: M['input'], request: Buffer): MessageShape<M['input']> {
  try {
    return fromBinary<M['input']>(input, request);
  } catch {
    throw new Problem(400, 'unreadable-body', `The request is not a ${input.typeName}`);
  }
}

/** Fields of a request as the parameters of HTTP: texts, lists by commas, maps as JSON; empty ones were not given. */
function given(fields: object): RawParams {
  const params = Object.entries(fields as Record<string, unknown>).map(([name, value]) => [
    name,
    textOf(value),
  ]);
  return Object.fromEntries(
    params.filter(([name, value]) => value !== '' && name !== '$typeName'),
  ) as RawParams;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.keys(value).length === 0 ? '' : JSON.stringify(value);
}
