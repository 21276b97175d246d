import type { OpenAPIObject } from '@nestjs/swagger';
import { browserSdkOpenApi } from './browser-sdk-openapi.js';
import type { Endpoint, Format } from './format.js';
import type { Formats } from './formats/all.js';
import { EVENT_BYTES } from './inspect.js';
import { sizeText } from './limits.js';
import { type OpenApiOperation, type OpenApiPart, problem, WRITE_KEY_SECURITY } from './openapi-parts.js';
import { OUTCOME_SCHEMAS } from './outcome-schemas.js';
import { rejectedOpenApi } from './rejected-openapi.js';
import { documented } from './schema.js';

type Paths = OpenAPIObject['paths'];

/** What any collector may answer to a request that it refuses. */
const problemsOf = ({ requestBytes, requestItems }: Format): OpenApiOperation['responses'] => ({
  400: problem('The body cannot be read; it is kept as rejected where the key is known'),
  401: problem('The write key is missing or unknown'),
  403: problem('The collector does not allow the origin, or the address that is led to'),
  404: problem('There is no collector of this format with this id'),
  408: problem('The request, or a part of its body, did not come in time'),
  413: problem(
    `Over a limit, which is named: ${sizeText(EVENT_BYTES)} an event, ${sizeText(requestBytes)} and ${requestItems} events a request`,
  ),
  415: problem('The content type or encoding is not known'),
  429: problem('The write key is over its quota: send it again after `Retry-After` seconds'),
  431: problem('The address and headers are over the limit of 16 KB'),
  503: problem('Overload, or the database is away: send it again after `Retry-After` seconds'),
});

const operationOf = (format: Format, { operation, credential }: Endpoint): OpenApiOperation => ({
  ...operation,
  security: credential?.schemes?.map((name) => ({ [name]: [] })) ?? WRITE_KEY_SECURITY,
  responses: { ...problemsOf(format), ...operation.responses },
});

function formatOpenApi(format: Format): OpenApiPart {
  const { endpoints, schemas = {}, tags = [] } = format;
  const paths: Record<string, Paths[string]> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(format, endpoint) };
  }
  return { paths, schemas, tags };
}

/** The routes of the intake for the API document. @param further parts that are no format's */
export function collectorPaths(
  formats: Pick<Formats, 'list' | 'names'>,
  further: readonly OpenApiPart[] = [],
): Pick<OpenAPIObject, 'paths' | 'components' | 'tags'> {
  const parts: readonly OpenApiPart[] = [
    ...formats.list.map(formatOpenApi),
    browserSdkOpenApi,
    { paths: {}, schemas: OUTCOME_SCHEMAS },
    rejectedOpenApi(formats.names),
    ...further,
  ];
  const schemas = parts.flatMap((part) => Object.entries(part.schemas));
  return {
    tags: parts.flatMap(({ tags = [] }) => tags),
    paths: Object.assign({}, ...parts.map(({ paths }) => paths)) as Paths,
    components: {
      schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, documented(schema)])),
      securitySchemes: {
        writeKeyBasic: { type: 'http', scheme: 'basic', description: 'A write key as user, no password' },
        writeKeyBearer: { type: 'http', scheme: 'bearer', description: 'A write key' },
        writeKeyHeader: { type: 'apiKey', in: 'header', name: 'X-Write-Key', description: 'A write key' },
      },
    },
  };
}
