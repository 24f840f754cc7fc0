export { BullmqJobQueue, type BullmqJobQueueOptions } from './bullmq-job-queue.ts';
export { copyEventLog } from './event-log-file.ts';
export { makeFolder } from './make-folder.ts';
export { checkRedis, type RedisCheckup, type RedisFinding } from './redis-checkup.ts';
export { RedisEventLog, type RedisEventLogOptions } from './redis-event-log.ts';
export { RedisSignals, type RedisSignalsOptions } from './redis-signals.ts';
export { SqliteEventLog, type SqliteEventLogOptions } from './sqlite-event-log.ts';
export { SqliteJobQueue, type SqliteJobQueueOptions } from './sqlite-job-queue.ts';
export { StorageError, type StorageErrorCode } from './storage-error.ts';
