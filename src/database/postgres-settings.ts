import { totalmem } from 'node:os';

const GB = 2 ** 30;

/** For a small machine; measured on 2 cores. @param freeBytes of the disk that holds the cluster */
export function settingsForMachine(port: number, freeBytes: number): Record<string, string> {
  const constrained = process.constrainedMemory();
  const memoryMb = Math.min(totalmem(), constrained > 0 ? constrained : Infinity) / 2 ** 20;
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Touchline is the superuser: what is reserved, for a server and a command beside it, no BI login can take.
    max_connections: '120',
    superuser_reserved_connections: '75',
    // Read models of ten million events have 2 GB of index pages that are written at random.
    shared_buffers: `${Math.round(clamp(memoryMb / 8, 64, 4096))}MB`,
    effective_cache_size: `${Math.round(memoryMb / 2)}MB`,
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    fsync: 'on',
    synchronous_commit: 'on',
    wal_buffers: '16MB',
    min_wal_size: '256MB',
    // The first change of a page after a checkpoint writes the whole page. With 2 GB that is nearly every change of a random
    // key once indexes have outgrown it: 11 KB of log a touchpoint at six million.
    max_wal_size: `${Math.round(clamp(freeBytes / GB / 10, 2, 8))}GB`,
    checkpoint_timeout: '15min',
    // Plans that sessions made for empty tables last until the tables have statistics: a minute by default, in which a busy start fills them.
    autovacuum_naptime: '10s',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    max_notify_queue_pages: '64', // nothing here notifies; a BI session could fill 8 GB
  };
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);
