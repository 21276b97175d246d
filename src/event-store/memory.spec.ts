import { eventStoreContract } from '../../test/event-store/contract.js';
import { MemoryEventStore } from './memory.js';

eventStoreContract('the log in memory', () => Promise.resolve(new MemoryEventStore()));
