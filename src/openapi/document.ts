import { RELEASE } from '../http/release.js';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { OPERATOR_SCHEME } from '../http/operator.guard.js';
import { ProblemErrorItem, ProblemItem } from '../queries/query-docs.js';
import { addCommonResponses } from './common-responses.js';
import { readRecordedAnswers } from './recorded-answers.js';

const ABOUT = `
Touchline keeps every touchpoint of a buyer as an immutable event and derives from the log, per lead, the buying stage,
the score and the attribution of revenue to content.

**Collectors** take a write key, everything under \`/api\` an API key as Bearer; what reaches beyond one workspace takes the
operator key (\`TOUCHLINE_OPERATOR_KEY\`) instead. An answer to a collector means that its
events are durable.

**Reproducible**: every answer names \`asOf\`, the position of the log it is the truth of, and the version of the journey
model. Ask again with \`?asOf=\` of that position and you get the same bytes, whatever arrived since.

**Read your writes**: give the position of a receipt as \`?minPosition=\` and the answer waits until it is in.

**Errors** are problem documents (RFC 9457) with a stable \`code\`.`;

/** What parts of the application add to their controllers' decorators: paths of routes that Nest does not know. */
export type AdditionalPaths = Pick<OpenAPIObject, 'paths'> &
  Partial<Pick<OpenAPIObject, 'components' | 'tags' | 'webhooks'>>;

/** The whole document: controllers, the further parts, and an example of each answer. */
export function openApiDocument(
  app: INestApplication,
  further: readonly AdditionalPaths[] = [],
): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, frame(), {
    extraModels: [ProblemItem, ProblemErrorItem],
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
  for (const { paths, components, tags, webhooks } of further) {
    if (webhooks) document.webhooks = { ...document.webhooks, ...webhooks };
    Object.assign(document.paths, paths);
    document.components = mergeComponents(document.components, components);
    document.tags = [...(document.tags ?? []), ...(tags ?? [])];
  }
  addCommonResponses(document);
  addAnswers(document);
  return document;
}

const frame = () =>
  new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Touchline')
    .setDescription(ABOUT)
    .setVersion(RELEASE)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'API key',
      description: 'An API key: ak_…',
    })
    .addSecurity(OPERATOR_SCHEME, {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'operator key',
      description: 'The operator key (TOUCHLINE_OPERATOR_KEY)',
    })
    .build();

type Components = NonNullable<OpenAPIObject['components']>;

function mergeComponents(into: Components | undefined, more: Components | undefined): Components {
  const names = new Set([...Object.keys(into ?? {}), ...Object.keys(more ?? {})]) as Set<keyof Components>;
  return Object.fromEntries([...names].map((name) => [name, { ...into?.[name], ...more?.[name] }]));
}

/** Puts the recorded answers beside the schemas. */
function addAnswers(document: OpenAPIObject): void {
  for (const { operation, content } of readRecordedAnswers()) {
    const [method, path] = operation.split(' ') as ['get' | 'post', string];
    const ok = document.paths[path]?.[method]?.responses['200'];
    if (!ok || '$ref' in ok) continue;
    for (const [mediaType, value] of Object.entries(content)) {
      const media = ok.content?.[mediaType];
      if (media) media.example = value;
    }
  }
}
