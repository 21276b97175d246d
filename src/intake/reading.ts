import { type IsPlaceholder, placeholders } from '../domain/placeholder.js';
import type { Warning } from './outcome.js';

const DEFAULT = placeholders();

/** What reading one item needs beside the item, and where it notes what it leaves out of a message that it accepts. */
export class Reading {
  /** @param call the route's name, e.g. `track` or `import` */
  constructor(
    readonly call: string,
    readonly isPlaceholder: IsPlaceholder = DEFAULT,
    readonly warnings: Warning[] = [],
    private readonly within = '',
  ) {}

  warn(code: string, message: string, path: string): void {
    this.warnings.push({ code, message, path: this.within + path });
  }

  /** For an item inside the item. */
  inside(field: string): Reading {
    return new Reading(this.call, this.isPlaceholder, this.warnings, `${this.within}${field}.`);
  }
}
