import { Controller, Get, Inject, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { HubMetrics } from './hub-metrics.ts';

/** Wants a key where there are keys: how much there is, is something about it. */
@Controller('metrics')
export class MetricsController {
  readonly #metrics: HubMetrics;

  constructor(@Inject(HubMetrics) metrics: HubMetrics) {
    this.#metrics = metrics;
  }

  @Get()
  @RouteConfig({ scope: 'read' })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    reply.type(this.#metrics.contentType).send(await this.#metrics.text());
  }
}
