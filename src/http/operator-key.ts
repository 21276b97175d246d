import { Inject, Injectable } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { CONFIG, type Config } from '../config.js';

const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

/** The key of whoever runs the deployment; it opens what reaches beyond one workspace, and no workspace. */
@Injectable()
export class OperatorKey {
  private readonly expected: Buffer | undefined;

  constructor(@Inject(CONFIG) { operatorKey }: Pick<Config, 'operatorKey'>) {
    this.expected = operatorKey === undefined ? undefined : digest(operatorKey);
  }

  get isConfigured(): boolean {
    return this.expected !== undefined;
  }

  /** In constant time: digests are compared, so neither the length nor a common prefix shows. */
  matches(key: string): boolean {
    return this.expected !== undefined && timingSafeEqual(digest(key), this.expected);
  }
}
