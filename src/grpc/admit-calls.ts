import { type Metadata, ServerInterceptingCall, type ServerInterceptor, status as Code } from '@grpc/grpc-js';
import type { Admission } from '../http/admission/admission.js';
import type { OpensKeys } from '../http/keys.js';
import type { CollectorKey } from '../http/known-keys.js';
import { shareOf } from '../intake/refusal.js';
import type { Metrics } from '../metrics.js';
import { CollectorService } from '../proto/touchline/v1/collector_pb.js';
import { QueryService } from '../proto/touchline/v1/query_pb.js';
import { openedByApiKey, openedByWriteKey } from './auth.js';
import { CallFlowControl, statusObject } from './call-flow-control.js';
import type { Listener } from './listener.js';

/** Reserved for every call beside its messages, as measured. */
const CALL_BYTES = 16 * 1024;

/** What the key of a call opens: a collector, or the workspace whose questions are answered. */
export interface AdmittedCall {
  readonly flow: CallFlowControl;
  readonly collector?: CollectorKey;
  readonly workspace?: string;
}

/** The calls under way, by the metadata that their handlers are given. */
export type AdmittedCalls = WeakMap<Metadata, AdmittedCall>;

export interface AdmittingCalls {
  readonly admission: Admission;
  readonly listener: Pick<Listener, 'hold'>;
  readonly keys: OpensKeys;
  readonly metrics: Pick<Metrics, 'grpcSeconds'>;
  readonly calls: AdmittedCalls;
}

/**
 * The first thing of every call: its room is reserved and its key looked up by its metadata; until then no message is read.
 * Health and reflection take no key, and have the room of those without one.
 */
export const admitCalls =
  (deps: AdmittingCalls): ServerInterceptor =>
  ({ path }, call) => {
    const flow = new CallFlowControl(call, (error) => call.sendStatus(statusObject(error)));
    const refuse = (error: unknown): void => {
      const status = statusObject(error);
      const method = path.slice(path.lastIndexOf('.') + 1);
      deps.metrics.grpcSeconds.labels({ method, status: Code[status.code] }).observe(0);
      call.sendStatus(status);
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, forward) => {
            const { remoteAddress } = call.getConnectionInfo();
            flow.begin(deps.admission.open(remoteAddress, forwardedFor(metadata)));
            void admit(deps, path, metadata, flow).then((owner) => {
              if (owner !== undefined) flow.atEnd(deps.listener.hold(call.getPeer()));
              forward(metadata);
            }, refuse);
          },
          onReceiveMessage: (message: Buffer, forward) => flow.deliver(message, () => forward(message)),
          // Also after a good end.
          onCancel: () => flow.end(),
        });
      },
    });
  };

/** @returns whose share the call counts for; undefined: of nobody known @throws Problem 401, StoreUnavailable, OverBudget */
async function admit(
  { calls, keys }: AdmittingCalls,
  path: string,
  metadata: Metadata,
  flow: CallFlowControl,
): Promise<string | undefined> {
  flow.reservation.grow(CALL_BYTES);
  const opened = await openedBy(keys, path, metadata);
  calls.set(metadata, { flow, ...opened });
  const { collector, workspace } = opened;
  const owner = collector ? shareOf(collector) : workspace === undefined ? undefined : `api/${workspace}`;
  if (owner !== undefined) flow.reservation.authenticate(owner);
  return owner;
}

async function openedBy(
  keys: OpensKeys,
  path: string,
  metadata: Metadata,
): Promise<Omit<AdmittedCall, 'flow'>> {
  if (path.startsWith(`/${CollectorService.typeName}/`))
    return { collector: await openedByWriteKey(keys, metadata) };
  if (path.startsWith(`/${QueryService.typeName}/`))
    return { workspace: await openedByApiKey(keys, metadata) };
  return {};
}

const forwardedFor = (metadata: Metadata): string[] => metadata.get('x-forwarded-for').map(String);
