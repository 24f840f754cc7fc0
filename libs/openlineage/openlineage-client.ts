import { type ConfigSources, isDisabled, resolveConfig } from './config.ts';
import { createTransport, type TransportFactory } from './create-transport.ts';
import type { OpenLineageEvent } from './events.ts';
import type { EmitFailure } from './transports/async-http-transport.ts';
import { ConsoleTransport } from './transports/console-transport.ts';
import { NoopTransport } from './transports/noop-transport.ts';
import type { EmitResult, Transport, WaitOptions } from './transports/transport.ts';

export interface OpenLineageClientOptions extends ConfigSources {
  /** Used in place of any configured one. */
  transport?: Transport;
  /** Told of each event that an `async_http` transport could not deliver. Default: a process warning. */
  onFailure?: (failure: EmitFailure) => void;
  /** Further transport types for the settings' `type`. */
  transportTypes?: Readonly<Record<string, TransportFactory>>;
}

/**
 * Sends events where the options, `openlineage.yml` or the environment say (see `resolveConfig`). Where nothing says
 * anything, events are printed and a warning tells so. `OPENLINEAGE_DISABLED=true` beats everything.
 *
 * Wrong settings throw an `OpenLineageConfigError` here; after that nothing throws: what became of an event is the
 * value of `emit`'s promise.
 */
export class OpenLineageClient {
  readonly transport: Transport;

  constructor(options: OpenLineageClientOptions = {}) {
    this.transport = chooseTransport(options);
  }

  /** Settles once the event is delivered or given up; never rejects. See `Transport.emit`. */
  emit(event: OpenLineageEvent): Promise<EmitResult> {
    return this.transport.emit(event);
  }

  /** Waits for what was emitted so far. See `Transport.flush`. */
  flush(options?: WaitOptions): Promise<boolean> {
    return this.transport.flush(options);
  }

  /** Call it before the process exits. See `Transport.close`. */
  close(options?: WaitOptions): Promise<boolean> {
    return this.transport.close(options);
  }
}

function chooseTransport(options: OpenLineageClientOptions): Transport {
  if (options.transport && !isDisabled(options.env ?? process.env)) return options.transport;
  const resolved = resolveConfig(options);
  if (resolved.disabled) return new NoopTransport();
  if (!resolved.transport) {
    process.emitWarning(
      'no transport is configured, so events are printed; set OPENLINEAGE_URL, or OPENLINEAGE_DISABLED=true',
      'OpenLineageWarning',
    );
    return new ConsoleTransport();
  }
  return createTransport(resolved.transport, {
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
    ...(options.transportTypes === undefined ? {} : { types: options.transportTypes }),
  });
}
