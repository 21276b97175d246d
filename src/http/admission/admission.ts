import { ByteBudget, type Reservation } from './byte-budget.js';
import { ClientAddresses } from './client-address.js';
import { connectionLimits, ConnectionLimiter } from './connection-limiter.js';

export interface AdmissionOptions {
  readonly budget?: ByteBudget;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  readonly maxConnections?: number;
}

/** Shared by all servers of a process: which connections and how many bytes of requests they accept. */
export class Admission {
  readonly budget: ByteBudget;
  readonly #addresses: ClientAddresses;
  readonly #maxConnections: number;

  constructor({ budget = new ByteBudget(), trustedProxies, maxConnections = 2_000 }: AdmissionOptions = {}) {
    this.budget = budget;
    this.#addresses = new ClientAddresses(trustedProxies);
    this.#maxConnections = maxConnections;
  }

  /** A reservation for one request. @param forwardedFor its header `X-Forwarded-For` */
  open(remoteAddress: string | undefined, forwardedFor?: string | readonly string[]): Reservation {
    return this.budget.open(this.#addresses.clientOf(remoteAddress, forwardedFor));
  }

  /** IP address of a client. */
  addressOf(remoteAddress: string | undefined, forwardedFor?: string | readonly string[]): string {
    return this.#addresses.addressOf(remoteAddress, forwardedFor);
  }

  /**
   * For one server. A trusted proxy has the connections of many clients: only their total is bounded.
   *
   * @param cost of a connection, in those of HTTP/1
   */
  limitConnections(cost = 1): ConnectionLimiter {
    return new ConnectionLimiter(connectionLimits(Math.ceil(this.#maxConnections / cost)), (peer) =>
      this.#addresses.isTrustedProxy(peer) ? undefined : this.#addresses.clientOf(peer),
    );
  }
}
