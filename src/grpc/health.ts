import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** How often readiness is looked at, in ms. */
const LOOK_MS = 2_000;

/** grpc.health.v1: for the server ("") and each of its services what `/health/ready` says. */
export class Health {
  private readonly implementation = new HealthImplementation();
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(
    private readonly services: readonly string[],
    private readonly isReady: () => Promise<boolean>,
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
    this.set(false);
  }

  private async look(): Promise<void> {
    const ready = await this.isReady().catch(() => false);
    this.set(ready && !this.stopping);
  }

  private set(serving: boolean): void {
    const status = serving ? 'SERVING' : 'NOT_SERVING';
    for (const service of ['', ...this.services]) this.implementation.setStatus(service, status);
  }
}
