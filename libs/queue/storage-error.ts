/**
 * - `FULL`: no room on the disk (or above the configured size); the same call works again once there is room.
 * - `FAILED`: the disk or the file refused in another way.
 * - `IN_USE`: another process has the files open.
 * - `TOO_NEW`: a newer Headwater wrote the file.
 * - `CLOSED`: the log is closed or closing.
 */
export type StorageErrorCode = 'FULL' | 'FAILED' | 'IN_USE' | 'TOO_NEW' | 'CLOSED';

/** Storage could not do what was asked; nothing of the call was kept. The message says what to do. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
