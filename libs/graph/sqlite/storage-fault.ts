/** The disk is full, or fails: no event's fault, and worth another try. `StorageFull` and `StorageFailed` tell which. */
export class StorageFault extends Error {
  override readonly name: 'StorageFull' | 'StorageFailed';

  constructor(name: 'StorageFull' | 'StorageFailed', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

const SQLITE_FULL = 13;
/** BUSY, LOCKED, NOMEM, READONLY, IOERR, CANTOPEN, PROTOCOL: what the file's surroundings do, whatever was written. */
const SURROUNDINGS: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 14, 15]);

/** What SQLite threw, as a StorageFault where it is one by the driver's code; anything else comes back as it is. */
export function asStorageFault(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  // Extended codes keep the primary one in the low byte.
  const code = Number(error.errcode) & 0xff;
  const options = { cause: error };
  if (code === SQLITE_FULL)
    return new StorageFault('StorageFull', `no room left to write ${file}: free disk space`, options);
  if (!SURROUNDINGS.has(code)) return error;
  return new StorageFault(
    'StorageFailed',
    `${file}: ${error.message}: check the disk and the folder's rights`,
    options,
  );
}
