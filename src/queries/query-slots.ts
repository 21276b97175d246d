import { StoreUnavailable } from '../event-store/event-store.js';

export interface QuerySlotLimits {
  /** Questions that run at once. */
  readonly width: number;
  /** Of these, questions of one workspace: less than all, so that one with slow reports leaves room for the others. */
  readonly share: number;
  /** Questions of one workspace that wait. */
  readonly queue: number;
  /** For how long one waits, in ms, before it is answered with `Retry-After`. */
  readonly waitMs: number;
}

/** What one workspace has here. */
interface Tenant {
  running: number;
  readonly waiting: Set<() => void>;
}

/**
 * Limits the number of concurrent and waiting queries, in total and per workspace. Waiting workspaces take turns,
 * so the next slot goes to a query of another one, however many queries its predecessor sent.
 */
export class QuerySlots {
  private running = 0;
  /** In the order in which they come to their turn. */
  private readonly tenants = new Map<string, Tenant>();

  constructor(private readonly limits: QuerySlotLimits) {}

  /** @throws StoreUnavailable too many of the workspace wait already, or this one has for too long */
  async run<T>(workspace: string, work: () => Promise<T>): Promise<T> {
    const tenant = this.tenantOf(workspace);
    if (this.hasRoomFor(tenant)) this.enter(tenant);
    else await this.wait(tenant).finally(() => this.forgetIdle(workspace, tenant));
    try {
      return await work();
    } finally {
      this.leave(workspace, tenant);
    }
  }

  private tenantOf(workspace: string): Tenant {
    const known = this.tenants.get(workspace);
    if (known) return known;
    const tenant = { running: 0, waiting: new Set<() => void>() };
    this.tenants.set(workspace, tenant);
    return tenant;
  }

  private hasRoomFor({ running }: Tenant): boolean {
    return this.running < this.limits.width && running < this.limits.share;
  }

  private enter(tenant: Tenant): void {
    this.running++;
    tenant.running++;
  }

  private async wait({ waiting }: Tenant): Promise<void> {
    const { queue, waitMs } = this.limits;
    if (waiting.size >= queue)
      throw new StoreUnavailable('Too many concurrent queries in the workspace; retry later', 1);
    await new Promise<void>((resolve, reject) => {
      const admit = (): void => {
        clearTimeout(tooLong);
        resolve();
      };
      const tooLong = setTimeout(() => {
        waiting.delete(admit);
        reject(
          new StoreUnavailable(
            'Too many concurrent queries in the workspace; retry later',
            Math.ceil(waitMs / 1_000),
          ),
        );
      }, waitMs);
      waiting.add(admit);
    });
  }

  private leave(workspace: string, tenant: Tenant): void {
    this.running--;
    tenant.running--;
    for (const [name, next] of this.tenants) {
      const [admit] = next.waiting;
      if (!admit || !this.hasRoomFor(next)) continue;
      next.waiting.delete(admit);
      this.enter(next);
      // Its next turn comes after all other workspaces.
      this.tenants.delete(name);
      this.tenants.set(name, next);
      admit();
    }
    this.forgetIdle(workspace, tenant);
  }

  private forgetIdle(workspace: string, { running, waiting }: Tenant): void {
    if (running === 0 && waiting.size === 0) this.tenants.delete(workspace);
  }
}
