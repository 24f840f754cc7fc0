import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PipelineStatus } from '#pipeline';
import type { HubParts } from '../hub-parts.ts';
import { GraphFigures } from './graph-figures.ts';
import type { BodyMemory } from './read-body.ts';

/** The metrics of one hub. Names and labels are a promise: dashboards and alerts hold on to them. */
export class HubMetrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;

  constructor(parts: HubParts, memory: BodyMemory) {
    const { pipeline, version, keeping, settings, store, clock } = parts;
    const graph = new GraphFigures(store, clock);
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'headwater_http_request_duration_seconds',
      help: 'Time from the first byte of a request to the last of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30],
      registers,
    });
    new Gauge({
      name: 'headwater_build_info',
      help: 'Always 1: what runs here',
      labelNames: ['version', 'role', 'store', 'queue'],
      registers,
    }).set({ version, role: settings.role, store: keeping.store, queue: keeping.queue }, 1);

    /** The pipeline counts; a scrape copies. */
    const total = (name: string, help: string, value: (status: PipelineStatus) => number): void => {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value(pipeline.status()));
        },
      });
    };
    const gauge = (name: string, help: string, value: (status: PipelineStatus) => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value(pipeline.status()));
        },
      });
    };
    new Counter({
      name: 'headwater_events_total',
      help: 'Events that came in since the start, by what became of them',
      labelNames: ['outcome'],
      registers,
      collect() {
        const status = pipeline.status();
        this.reset();
        for (const outcome of ['accepted', 'repeats', 'refused', 'busy', 'unavailable'] as const)
          this.inc({ outcome }, status[outcome]);
      },
    });
    total(
      'headwater_apply_faults_total',
      'Accepted events that could not be reduced; kept as refusals',
      (s) => s.faults,
    );
    total('headwater_apply_retries_total', 'Failed attempts to apply a batch', (s) => s.applyRetries);
    total('headwater_refusals_lost_total', 'Refusals that could not be kept', (s) => s.refusalsLost);
    gauge('headwater_head_position', 'The last durable position', (s) => s.head);
    gauge('headwater_applied_position', 'Everything up to here is in the graph', (s) => s.applied);
    gauge('headwater_backlog_events', 'Durable events that are not in the graph yet', (s) => s.backlog);
    gauge(
      'headwater_applying',
      '1 while events are applied as they come, 0 while the store is away or the hub stops',
      (s) => (s.state === 'running' ? 1 : 0),
    );
    new Gauge({
      name: 'headwater_graph_size',
      help: 'Datasets, jobs and current edges in the graph, counted once a minute at most',
      labelNames: ['kind'],
      registers,
      async collect() {
        const counts = await graph.counts();
        if (counts === null) return;
        for (const kind of ['datasets', 'jobs', 'edges'] as const) this.set({ kind }, counts[kind]);
      },
    });
    if (graph.tellsRederived) {
      new Counter({
        name: 'headwater_rederived_total',
        help: 'Executions whose intervals were derived anew, since the start: late or contradicting events',
        registers,
        async collect() {
          const rederived = await graph.rederived();
          this.reset();
          this.inc(rederived);
        },
      });
    }
    gauge('headwater_body_bytes', 'Memory held by request bodies that are being received', () => memory.held);
  }

  observe(request: FastifyRequest, reply: FastifyReply): void {
    // The route's pattern and never the path: a label per dataset name would be without end.
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    this.#requests.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1_000,
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
