/**
 * Given on the command line at every start, so that they follow the code and never a file in the data folder.
 * Sized for a laptop that also runs models: little memory is held, the page cache of the system does the rest.
 */
export const laptopSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  superuser_reserved_connections: '3',
  shared_buffers: '64MB',
  effective_cache_size: '1GB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  huge_pages: 'off',
  // Parallel queries need shared memory that containers cap at 64 MB, and the cores are wanted elsewhere.
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  max_worker_processes: '4',
  io_method: 'sync',
  autovacuum_max_workers: '2',
  jit: 'off',
  random_page_cost: '1.1',
  // Nothing replicates from here: `limpid backup` copies the rows.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_wal_size: '512MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  log_checkpoints: 'off',
  log_min_messages: 'warning',
  // Statements and rows are the users' data: they stay out of the log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};
