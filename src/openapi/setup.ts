import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { type AdditionalPaths, openApiDocument } from './document.js';

/**
 * Serves the API document at /openapi.json and a page to read and try it at /docs, where / leads, from local files.
 * Neither needs a key. Call it when all modules are in and before `listen`.
 */
export function setupOpenApi(app: NestFastifyApplication, further: readonly AdditionalPaths[] = []): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app, further), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Touchline API',
    // Drawing every operation at once takes a browser many seconds.
    swaggerOptions: {
      ...{ persistAuthorization: true, displayRequestDuration: true, tryItOutEnabled: true },
      ...{ docExpansion: 'none', deepLinking: true },
    },
  });
  app
    .getHttpAdapter()
    .getInstance()
    .get('/', (_request, reply) => reply.redirect('/docs'));
}
