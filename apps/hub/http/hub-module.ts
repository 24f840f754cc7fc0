import { type DynamicModule, Module } from '@nestjs/common';
import type { HubParts } from '../hub-parts.ts';
import { ExportController } from './export-controller.ts';
import { FrontController } from './front-controller.ts';
import { HealthController } from './health-controller.ts';
import { HubMetrics } from './hub-metrics.ts';
import { IngestController } from './ingest-controller.ts';
import { MetricsController } from './metrics-controller.ts';
import { HUB_PARTS } from './tokens.ts';

@Module({})
class HubModule {}

/** The hub's own controllers, and what they are given. */
export function hubModule(parts: HubParts, metrics: HubMetrics): DynamicModule {
  return {
    module: HubModule,
    controllers: [IngestController, ExportController, HealthController, MetricsController, FrontController],
    providers: [
      { provide: HUB_PARTS, useValue: parts },
      { provide: HubMetrics, useValue: metrics },
    ],
  };
}
