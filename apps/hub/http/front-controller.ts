import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HubParts } from '../hub-parts.ts';
import { openApiDocument } from '../openapi/openapi-document.ts';
import { HUB_PARTS } from './tokens.ts';
import { welcomePage } from './welcome-page.ts';

/** What somebody meets who knows nothing but the address. */
@Controller()
export class FrontController {
  readonly #parts: HubParts;

  constructor(@Inject(HUB_PARTS) parts: HubParts) {
    this.#parts = parts;
  }

  @Get()
  @RouteConfig({ scope: 'open' })
  welcome(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { settings, version, keeping, access } = this.#parts;
    const address = `${request.protocol}://${request.host}${settings.basePath}`;
    reply
      .type('text/html; charset=utf-8')
      // Nothing from elsewhere, no script: whatever ends up in the page can't run.
      .header(
        'content-security-policy',
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      )
      .send(welcomePage({ address, basePath: settings.basePath, version, keeping, keyed: access.keyed }));
  }

  @Get('api/v1/openapi.json')
  @RouteConfig({ scope: 'open' })
  openApi(): object {
    return openApiDocument(this.#parts.version, this.#parts.settings.basePath);
  }
}
