/**
 * DuckDB for a moment: opened for one piece of work and closed with it, bounded in memory, and able to reach nothing but
 * the folders it is given. It works in threads of its own: a long query holds nobody else up.
 */
import type { DuckDBConnection } from '@duckdb/node-api';

export interface DuckDbOptions {
  /** All that it may read and write. */
  readonly folders: readonly string[];
  /** Where it puts what does not fit into memory. */
  readonly spillFolder?: string;
  readonly memoryMb: number;
  /** Ends the query under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs `work`; rejects with the signal's reason when that ended it. One thread: the same rows give the same bytes. */
export async function withDuckDb<T>(options: DuckDbOptions, work: (db: DuckDBConnection) => Promise<T>): Promise<T> {
  const { folders, spillFolder = '', memoryMb, signal } = options;
  signal?.throwIfAborted();
  // Only who needs it loads its library.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${memoryMb}MB`,
    temp_directory: spillFolder,
    // Where the order counts a query says so; else rows would be held back in memory.
    preserve_insertion_order: 'false',
    // Nothing is fetched from anywhere.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const db = await instance.connect();
  const interrupt = () => db.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    await db.run(`SET allowed_directories = [${folders.map((folder) => quoted(`${folder}/`)).join(', ')}]`);
    await db.run('SET enable_external_access = false');
    await db.run('SET lock_configuration = true');
    return await work(db);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    db.closeSync();
    instance.closeSync();
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
