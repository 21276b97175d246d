import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';

interface LongCall {
  end(): void;
  once(event: 'close' | 'cancelled', heard: () => void): void;
}

/**
 * Takes the services of libraries and knows their calls that stay open (a watch over health, a reflection), so that they
 * do not keep the server from stopping.
 */
export class LongCalls implements Pick<Server, 'addService'> {
  private readonly open = new Set<LongCall>();

  constructor(private readonly server: Server) {}

  addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    const kept = Object.entries(definition).map(([name, method]) => {
      const handle = implementation[name] ?? implementation[method.originalName ?? name];
      if (typeof handle !== 'function' || !method.responseStream) return [name, handle] as const;
      return [name, this.keeping(handle as (call: LongCall) => void)] as const;
    });
    this.server.addService(definition, Object.fromEntries(kept) as UntypedServiceImplementation);
  }

  /** Ends them, well. */
  end(): void {
    for (const call of this.open) call.end();
  }

  private keeping(handle: (call: LongCall) => void): (call: LongCall) => void {
    return (call) => {
      this.open.add(call);
      const forget = (): void => void this.open.delete(call);
      call.once('close', forget);
      call.once('cancelled', forget);
      handle(call);
    };
  }
}
