import { type EventStore, type Receipt, StoreUnavailable } from '../src/event-store/event-store.js';

export interface UnsteadyStore {
  wrap(store: EventStore): EventStore;
  /** Refuses the next facts so many times, as a store does that is over its limit. */
  refuseNext(times: number): void;
  /** Refusals that are still to come. */
  readonly left: number;
}

/** A store that can be made to refuse what it is given, so that a server answers 503. */
export function unsteadyStore(): UnsteadyStore {
  let left = 0;
  return {
    get left() {
      return left;
    },
    refuseNext: (times) => (left = times),
    wrap(store) {
      const record = (facts: Parameters<EventStore['record']>[0]): Promise<readonly Receipt[]> => {
        if (left === 0) return store.record(facts);
        left -= 1;
        return Promise.reject(new StoreUnavailable('the queue of the log is full', 1));
      };
      return new Proxy(store, {
        get: (target, name) => {
          if (name === 'record') return record;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
}
