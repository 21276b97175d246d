import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import { type Further, openApiDocument } from './document.js';

/**
 * Serves the API document at /openapi.json and a page to read and try it at /docs, from local files. Neither needs a
 * key. Call it when all modules are in and before `listen`.
 */
export function setupOpenApi(app: INestApplication, further: readonly Further[] = []): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app, further), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Touchline API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, tryItOutEnabled: true },
  });
}
