import { type EventStore, StoreUnavailable } from '../src/event-store/event-store.js';

export interface UnsteadyStore {
  wrap(store: EventStore): EventStore;
  /** Refuses the next facts, or decisions, so many times, as a store does that is over its limit. */
  refuseNext(times: number, what?: 'record' | 'append'): void;
  /** Refusals that are still to come. */
  readonly left: number;
}

/** A store that can be made to refuse what it is given, so that a server answers 503. */
export function unsteadyStore(): UnsteadyStore {
  let left = 0;
  let refused: 'record' | 'append' = 'record';
  return {
    get left() {
      return left;
    },
    refuseNext(times, what = 'record') {
      [left, refused] = [times, what];
    },
    wrap(store) {
      const refuse = (): Promise<never> => {
        left -= 1;
        return Promise.reject(new StoreUnavailable('the queue of the log is full', 1));
      };
      return new Proxy(store, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name === refused && left > 0) return refuse;
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
}
