import { Logger } from '@nestjs/common';
import { prefixOf } from '../workspaces/key-format.js';

const MINUTE_MS = 60_000;
/** A scan with made-up keys must not fill the log. */
const PREFIXES_A_MINUTE = 10;

/** Logs keys that open nothing by their prefix: each once a minute, and ten of them at most. */
export class UnknownKeyLog {
  private readonly log = new Logger('keys');
  private readonly logged = new Set<string>();
  private since = -Infinity;

  constructor(private readonly now: () => number = Date.now) {}

  note(kind: 'write' | 'API', key: string): void {
    if (this.now() - this.since >= MINUTE_MS) {
      this.since = this.now();
      this.logged.clear();
    }
    const line = `A request had an unknown or revoked ${kind} key that begins with "${printable(prefixOf(key))}"`;
    if (this.logged.has(line) || this.logged.size >= PREFIXES_A_MINUTE) return;
    this.logged.add(line);
    this.log.warn(line);
  }
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
