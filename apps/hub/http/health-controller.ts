import { Controller, Get, Inject, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { HubParts } from '../hub-parts.ts';
import { HUB_PARTS } from './tokens.ts';

export interface Health {
  readonly status: 'ready' | 'not ready';
  readonly role: string;
  readonly version: string;
  readonly store: string;
  readonly queue: string;
  readonly durability: string;
  readonly head: number;
  readonly applied: number;
  readonly backlog: number;
  readonly dependencies: Readonly<Record<string, { readonly state: 'up' | 'down'; readonly reason: string | null }>>;
}

/** For orchestrators, which have no key: it says how the hub is, and nothing of what it knows. */
@Controller('health')
export class HealthController {
  readonly #parts: HubParts;

  constructor(@Inject(HUB_PARTS) parts: HubParts) {
    this.#parts = parts;
  }

  /** The process answers: all that a restart could mend is well. */
  @Get('live')
  @RouteConfig({ scope: 'open' })
  live(): { readonly status: 'live'; readonly version: string } {
    return { status: 'live', version: this.#parts.version };
  }

  @Get('ready')
  @RouteConfig({ scope: 'open' })
  ready(@Res() reply: FastifyReply): void {
    const health = healthOf(this.#parts);
    reply.code(health.status === 'ready' ? 200 : 503).send(health);
  }
}

/** What is wrong with rule files is told in the log: here, whoever may ask without a key learns only that something is. */
function rulesHealth({
  keeper,
  reactor,
  dispatcher,
  policies,
  contracts,
}: HubParts['rules']): Health['dependencies'][string] {
  const { problems } = keeper.status();
  const wrong =
    problems.length === 0 ? null : `the rule files are wrong in ${problems.length} places: the rules stay as they were`;
  const reason =
    reactor.status().failure ??
    dispatcher.status().failure ??
    policies.status().failure ??
    contracts.status().failure ??
    wrong;
  return { state: reason === null ? 'up' : 'down', reason };
}

export function healthOf({ pipeline, rules, servers, settings, version, keeping }: HubParts): Health {
  const { state, reason, head, applied, backlog, pruneFailure, tickFailure } = pipeline.status();
  // The pipeline says `retrying` when it can't go on; its reason names the store or the log.
  const running = state === 'running';
  const away = servers?.states().filter((server) => server.state === 'down') ?? [];
  const well = running && away.length === 0;
  return {
    status: well ? 'ready' : 'not ready',
    role: settings.role,
    version,
    ...keeping,
    head,
    applied,
    backlog,
    dependencies: {
      pipeline: { state: running ? 'up' : 'down', reason: reason ?? (running ? null : `the hub is ${state}`) },
      ...Object.fromEntries((servers?.states() ?? []).map(({ name, state, reason }) => [name, { state, reason }])),
      // These two hold nobody up: events are taken and answers are right without them, for a while.
      retention: { state: pruneFailure === null ? 'up' : 'down', reason: pruneFailure },
      flow: { state: tickFailure === null ? 'up' : 'down', reason: tickFailure },
      rules: rulesHealth(rules),
    },
  };
}
