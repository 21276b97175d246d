import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Role } from '../config.js';

/** How often readiness is looked at, in ms. */
const LOOK_MS = 2_000;

/** What can serve now: the process as a whole, as `/health/ready` answers, and each of its roles. */
export interface Serving {
  readonly whole: boolean;
  readonly roles: ReadonlySet<Role>;
}

const NOTHING: Serving = { whole: false, roles: new Set() };

/** grpc.health.v1: for the server ("") what `/health/ready` says, for each of its services what it says of its role. */
export class Health {
  private readonly implementation = new HealthImplementation();
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(
    /** The role of each service, by its full name. */
    private readonly services: ReadonlyMap<string, Role>,
    private readonly serving: () => Promise<Serving>,
  ) {}

  addTo(server: Pick<Server, 'addService'>): void {
    this.implementation.addToServer(server);
  }

  /** Resolves once it has looked for the first time. */
  async start(): Promise<void> {
    await this.look();
    this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  /** NOT_SERVING from now on. */
  stop(): void {
    this.stopping = true;
    clearInterval(this.timer);
    this.set(NOTHING);
  }

  private async look(): Promise<void> {
    const serving = await this.serving().catch(() => NOTHING);
    this.set(this.stopping ? NOTHING : serving);
  }

  private set({ whole, roles }: Serving): void {
    const set = (service: string, serves: boolean): void =>
      this.implementation.setStatus(service, serves ? 'SERVING' : 'NOT_SERVING');
    set('', whole);
    for (const [service, role] of this.services) set(service, roles.has(role));
  }
}
