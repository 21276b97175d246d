import { type DynamicModule, Module } from '@nestjs/common';
import type { EventStore } from './event-store/event-store.js';
import { MemoryEventStore } from './event-store/memory.js';
import { EdgeModule } from './http/edge.module.js';
import type { Runtime } from './runtime.js';

/** The composition root: which modules a process has follows from its roles. */
@Module({})
export class AppModule {
  static with(runtime: Runtime): DynamicModule {
    return { module: AppModule, imports: [EdgeModule.with(runtime)] };
  }
}

export function createStore(): EventStore {
  return new MemoryEventStore();
}
