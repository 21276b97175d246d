import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';

/** Nest tells every module and route it finds; a quiet log leaves that out. */
const STARTUP_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

/** One line a fact on standard error: plain text in a terminal, JSON elsewhere. */
export function createLogger(): Logger {
  const level = (label: string) => ({ level: label });
  const options = { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level } };
  return process.stderr.isTTY
    ? pino(options, plainLines())
    : pino(options, pino.destination({ dest: 2, sync: true }));
}

function plainLines(): DestinationStream {
  return {
    write(line: string) {
      const { level, time, msg, err } = JSON.parse(line) as Entry;
      const word = level === 'info' ? '' : `${level.toUpperCase()} `;
      process.stderr.write(
        `${time.slice(11, 19)} ${word}${msg ?? ''}${err?.stack ? `\n${err.stack}` : ''}\n`,
      );
    },
  };
}

interface Entry {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string };
}

/** What Nest's `Logger` writes, sent to the one log of the process. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (!STARTUP_CONTEXTS.has(String(context))) this.logger.info({ context }, text(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // A start that fails is told by whoever started it.
    if (rest.at(-1) === 'NestApplication') return;
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: 'warn' | 'error' | 'fatal', message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const err = [message, ...rest].find((part) => part instanceof Error);
    this.logger[level]({ context, ...(err ? { err } : {}) }, text(message));
  }
}

const text = (message: unknown): string =>
  message instanceof Error
    ? message.message
    : typeof message === 'string'
      ? message
      : JSON.stringify(message);
