import type { Clamped } from '../domain/touchpoint.js';
import type { Fact, Message } from './format.js';
import type { Reading } from './reading.js';
import type { Origin } from './rejected.js';
import { believe, type BelievedTime, type ClientTime, limitBackdating } from './time.js';

/** When an item happened, and those of its facts that have a time of their own. What is replaced goes to the warnings. */
export class ItemTimes {
  readonly time: BelievedTime;

  /** @param publicBackdateMs how far back from its receipt an event of a public key may lie */
  constructor(
    message: Message,
    private readonly reading: Reading,
    private readonly origin: Pick<Origin, 'receivedAt' | 'keyScope'>,
    private readonly publicBackdateMs: number,
  ) {
    this.time = this.#believed(message.time);
  }

  /** Undefined: the fact is left out. */
  ofFact({ time: said, needsTime = false }: Fact): BelievedTime | undefined {
    if (!said) return this.time;
    const { original, clamped } = believe(said, this.origin.receivedAt);
    if (needsTime && (!original || clamped)) {
      this.reading.warn(
        'fact-undated',
        'is no time that can be believed; what it dates is ignored',
        said.path,
      );
      return undefined;
    }
    return original || clamped ? this.#believed(said) : this.time;
  }

  #believed(said: ClientTime): BelievedTime {
    const { receivedAt, keyScope } = this.origin;
    const believed = believe(said, receivedAt);
    const time = keyScope ? limitBackdating(believed, receivedAt, this.publicBackdateMs) : believed;
    if (time.clamped)
      this.reading.warn('time-replaced', describeClamp(time.occurredAt, time.clamped), said.path);
    return time;
  }
}

const CLAMPS: Readonly<Record<Clamped['reason'], string>> = {
  future: 'is after the receipt',
  absurd: 'is no time, or one before 1990',
  ambiguous: 'has several readings',
  backdated: 'is earlier than a public write key may send',
};

const describeClamp = (occurredAt: Date, { reason, original }: Clamped): string =>
  `"${original}" ${CLAMPS[reason]}; ${occurredAt.toISOString()} stands for it`;
