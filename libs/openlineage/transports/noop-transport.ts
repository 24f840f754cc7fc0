import type { EmitResult, Transport } from './transport.ts';

/** Sends nothing: what `OPENLINEAGE_DISABLED=true` gives. */
export class NoopTransport implements Transport {
  readonly name = 'noop';

  emit(): Promise<EmitResult> {
    return Promise.resolve({ ok: true, attempts: 0 });
  }

  flush(): Promise<boolean> {
    return Promise.resolve(true);
  }

  close(): Promise<boolean> {
    return Promise.resolve(true);
  }
}
