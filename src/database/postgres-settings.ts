import { totalmem } from 'node:os';

/** For a small machine; measured on 2 cores. */
export function smallMachine(port: number): Record<string, string> {
  const constrained = process.constrainedMemory();
  const memoryMb = Math.min(totalmem(), constrained > 0 ? constrained : Infinity) / 2 ** 20;
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Touchline is the superuser: what is reserved, for a server and a command beside it, no BI login can take.
    max_connections: '120',
    superuser_reserved_connections: '75',
    shared_buffers: `${Math.round(Math.min(Math.max(memoryMb / 8, 64), 1024))}MB`,
    effective_cache_size: `${Math.round(memoryMb / 2)}MB`,
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    fsync: 'on',
    synchronous_commit: 'on',
    wal_buffers: '16MB',
    min_wal_size: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    max_notify_queue_pages: '64', // nothing here notifies; a BI session could fill 8 GB
  };
}
