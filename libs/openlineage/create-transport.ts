import { OpenLineageConfigError } from './config-error.ts';
import type { Settings } from './settings.ts';
import { SettingsReader } from './settings-reader.ts';
import { AsyncHttpTransport, type EmitFailure } from './transports/async-http-transport.ts';
import { CompositeTransport } from './transports/composite-transport.ts';
import { ConsoleTransport } from './transports/console-transport.ts';
import { FileTransport } from './transports/file-transport.ts';
import { HttpTransport, type HttpTransportOptions, type RetryOptions } from './transports/http-transport.ts';
import { NoopTransport } from './transports/noop-transport.ts';
import type { Transport } from './transports/transport.ts';

/** Makes a transport of a type that this library hasn't: `settings` with their keys in lower case, without `_`. */
export type TransportFactory = (settings: Settings) => Transport;

export interface CreateTransportOptions {
  /** Told by asynchronous transports. */
  onFailure?: (failure: EmitFailure) => void;
  /** Further types by name: `{ kafka: (settings) => new MyKafkaTransport(settings) }`. */
  types?: Readonly<Record<string, TransportFactory>>;
}

const OWN_TYPES = ['http', 'async_http', 'file', 'console', 'noop', 'composite'];

/** The transport that `settings` describe, as `resolveConfig` gives them. */
export function createTransport(
  settings: Settings,
  options: CreateTransportOptions = {},
  where = 'transport',
): Transport {
  const reader = new SettingsReader(settings, where);
  const type = reader.requiredText('type');
  const own = options.types?.[type];
  if (own) return own(settings);
  // What Python's composite gives its children.
  reader.ignore('name', 'priority');
  const transport = ofType(type, reader, options);
  if (!transport) {
    const known = [...OWN_TYPES, ...Object.keys(options.types ?? {})].join(', ');
    throw new OpenLineageConfigError(`${where}.type: this client has no "${type}"; it has ${known}`);
  }
  reader.warnOfUnread();
  return transport;
}

function ofType(type: string, reader: SettingsReader, options: CreateTransportOptions): Transport | undefined {
  switch (type) {
    case 'http':
      return new HttpTransport(httpOptions(reader));
    case 'async_http': {
      const size = reader.number('maxqueuesize');
      const concurrent = reader.number('maxconcurrentrequests');
      return new AsyncHttpTransport({
        ...httpOptions(reader),
        ...(size === undefined ? {} : { maxQueueSize: size }),
        ...(concurrent === undefined ? {} : { maxConcurrentRequests: concurrent }),
        ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
      });
    }
    case 'file': {
      // Python says log_file_path, Java location.
      const path = reader.text('logfilepath') ?? reader.text('location');
      if (reader.boolean('append') === false) throw reader.wrong('append', 'is true: this client only appends', false);
      return new FileTransport({ path: path ?? reader.requiredText('path') });
    }
    case 'console':
      return new ConsoleTransport();
    case 'noop':
      return new NoopTransport();
    case 'composite': {
      const onFailure = reader.boolean('continueonfailure');
      const onSuccess = reader.boolean('continueonsuccess');
      const children = reader.several('transports');
      if (children.length === 0) throw reader.wrong('transports', 'lists at least one transport', []);
      return new CompositeTransport({
        transports: children.map(([where, settings]) => createTransport(settings, options, where)),
        ...(onFailure === undefined ? {} : { continueOnFailure: onFailure }),
        ...(onSuccess === undefined ? {} : { continueOnSuccess: onSuccess }),
      });
    }
    default:
      return undefined;
  }
}

function httpOptions(reader: SettingsReader): HttpTransportOptions {
  const endpoint = reader.text('endpoint');
  const urlParams = reader.texts('urlparams');
  // Python gives seconds, Java milliseconds under another name.
  const seconds = reader.number('timeout');
  const timeoutMs = reader.number('timeoutinmillis') ?? (seconds === undefined ? undefined : seconds * 1_000);
  const apiKey = apiKeyOf(reader);
  const headers = reader.texts('headers');
  const compression = reader.text('compression')?.toLowerCase();
  if (compression !== undefined && compression !== 'gzip') throw reader.wrong('compression', 'is gzip', compression);
  const verify = reader.boolean('verify');
  const retry = retryOf(reader);
  return {
    url: reader.requiredText('url').trim(),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(urlParams === undefined ? {} : { urlParams }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(headers === undefined ? {} : { headers }),
    ...(compression === undefined ? {} : { compression }),
    ...(verify === undefined ? {} : { verify }),
    ...(retry === undefined ? {} : { retry }),
  };
}

function apiKeyOf(reader: SettingsReader): string | undefined {
  const auth = reader.nested('auth');
  if (!auth) return undefined;
  const type = auth.text('type') ?? 'api_key';
  if (type !== 'api_key') throw auth.wrong('type', `is api_key: this client has no "${type}"`, type);
  const key = auth.requiredText('apikey');
  auth.warnOfUnread();
  return key;
}

function retryOf(reader: SettingsReader): RetryOptions | undefined {
  const retry = reader.nested('retry');
  if (!retry) return undefined;
  const total = retry.number('total');
  const factor = retry.number('backofffactor');
  const statuses = retry.numbers('statusforcelist');
  // urllib3 counts connection and read failures apart, and needs to be told that POST may be retried.
  retry.ignore('read', 'connect', 'allowedmethods');
  retry.warnOfUnread();
  return {
    ...(total === undefined ? {} : { retries: total }),
    ...(factor === undefined ? {} : { backoffMs: factor * 1_000 }),
    ...(statuses === undefined ? {} : { statuses }),
  };
}
