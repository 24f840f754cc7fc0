export { copyEventLog } from './event-log-file.ts';
export { SqliteEventLog, type SqliteEventLogOptions } from './sqlite-event-log.ts';
export { StorageError, type StorageErrorCode } from './storage-error.ts';
