import type { OpenLineageEvent } from '../events.ts';
import { serialize } from './serialize.ts';
import type { EmitResult, Transport } from './transport.ts';

export interface ConsoleTransportOptions {
  /** Default `console.log`. */
  write?: (line: string) => void;
}

/** Prints each event as one line of JSON: to see what would be sent. */
export class ConsoleTransport implements Transport {
  readonly name = 'console';
  readonly #write: (line: string) => void;

  constructor(options: ConsoleTransportOptions = {}) {
    this.#write = options.write ?? ((line) => console.log(line));
  }

  emit(event: OpenLineageEvent): Promise<EmitResult> {
    const serialized = serialize(event);
    if (!serialized.ok) return Promise.resolve(serialized);
    this.#write(serialized.json);
    return Promise.resolve({ ok: true, attempts: 1 });
  }

  flush(): Promise<boolean> {
    return Promise.resolve(true);
  }

  close(): Promise<boolean> {
    return Promise.resolve(true);
  }
}
