import { Logger as NestLog } from '@nestjs/common';
import type { Logger } from 'pino';
import { ShutdownStack } from '../shutdown-stack.js';
import { readConfig } from '../config.js';
import { createLogger, NestLogger } from '../logger.js';
import type { OpenRuntime } from '../runtime.js';
import { openRuntime } from '../open-runtime.js';

/** Opens what the server would open, beside a running one or alone, does the work and closes it again. */
export async function withRuntime<T>(work: (runtime: OpenRuntime, log: Logger) => Promise<T>): Promise<T> {
  const log = createLogger();
  NestLog.overrideLogger(new NestLogger(log));
  const closing = new ShutdownStack();
  try {
    return await work(await openRuntime(readConfig(process.env), log, closing, 'join'), log);
  } finally {
    await closing.run();
  }
}
