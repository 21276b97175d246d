import { type Metadata, type sendUnaryData, type ServiceError, status as Code } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.js';
import { statusOfError } from './status.js';

/** What is served for one method: the bytes of a request → those of its answer. */
export type Handle = (request: Buffer, metadata: Metadata) => Promise<Uint8Array>;

interface Call {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
}

/** Runs the calls of all methods: errors become statuses, each call is measured, and those under way can be counted. */
export class Calls {
  constructor(
    private readonly metrics: Pick<Metrics, 'grpcSeconds'>,
    private readonly log: Logger,
  ) {}

  /** Answers one call with what `work` resolves to. @param method as in `CollectorService/Record` */
  answer(method: string, call: Call, callback: sendUnaryData<Buffer>, work: () => Promise<Uint8Array>): void {
    const end = this.metrics.grpcSeconds.startTimer({ method });
    work().then(
      (answer) => {
        end({ status: Code[call.cancelled ? goneCode(call) : Code.OK] });
        callback(null, Buffer.from(answer.buffer, answer.byteOffset, answer.length));
      },
      (error: unknown) => {
        const failure = call.cancelled ? undefined : this.failure(error);
        end({ status: Code[failure?.code ?? goneCode(call)] });
        // Of a call that is over the library sends nothing, but it must know that it was answered.
        callback(failure ?? { code: Code.CANCELLED });
      },
    );
  }

  private failure(error: unknown): ServiceError {
    const failure = statusOfError(error);
    if (failure.code === Code.INTERNAL) this.log.error(error, 'a gRPC call failed');
    return failure;
  }
}

/** The client left, or its deadline passed. */
const goneCode = (call: Call): Code =>
  Number(call.getDeadline()) <= Date.now() ? Code.DEADLINE_EXCEEDED : Code.CANCELLED;
