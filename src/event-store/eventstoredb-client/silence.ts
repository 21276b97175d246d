import type { ClientReadableStream } from '@grpc/grpc-js';
import type { ReadAnswer } from './messages.js';

/** The server holds the connection and says nothing. */
export class Silence extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/** Takes the answers of a call as long as they come. @throws Silence, or what broke the call */
export async function unlessSilent(
  call: ClientReadableStream<ReadAnswer>,
  ms: number,
  take: (answer: ReadAnswer) => void,
): Promise<void> {
  let silence: Silence | undefined;
  const late = setTimeout(() => {
    silence = new Silence(ms);
    call.cancel();
  }, ms);
  try {
    for await (const answer of call as AsyncIterable<ReadAnswer>) {
      late.refresh();
      take(answer);
    }
  } catch (error) {
    throw silence ?? error;
  } finally {
    clearTimeout(late);
  }
}
