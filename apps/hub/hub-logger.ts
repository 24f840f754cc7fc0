import { type Logger, pino } from 'pino';
import type { TurningAway } from '#pipeline';
import type { Settings } from './config/settings.ts';

/**
 * Structured lines on standard error, so that standard output keeps what people and scripts read. Synchronous: a line
 * about a crash must be out before the crash is over, and the hub logs no line per event.
 */
export function createHubLogger(settings: Settings): Logger {
  return pino(
    {
      level: settings.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Belt and braces: nothing logs these, and if something ever did, they would not be read.
      redact: {
        paths: ['*.password', '*.authorization', '*.headers.authorization', 'password', 'authorization'],
        censor: '***',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

const STATUS = { busy: 429, unavailable: 503 } as const;

/** A line when events begin to be turned away, and one when that is over. */
export function turnedAwayLines(logger: Logger): (state: TurningAway) => void {
  return ({ outcome, over, reason, count }) => {
    const status = STATUS[outcome];
    if (over) logger.info({ status, reason, count }, 'events are taken again');
    else logger.warn({ status, reason }, `events are turned away with ${status}`);
  };
}
