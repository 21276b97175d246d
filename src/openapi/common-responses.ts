import type { OpenAPIObject } from '@nestjs/swagger';

type Path = OpenAPIObject['paths'][string];
type Operation = NonNullable<Path['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const problem = (description: string): Operation['responses'][string] => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemItem' } } },
});

/** What any operation of the API may answer, whatever it does. */
const API: Operation['responses'] = {
  400: problem('A parameter or field is at fault; `errors` names each and what is allowed'),
  401: problem('No API key, or one that is unknown or revoked'),
  408: problem('The request, or a part of its body, did not come in time'),
  414: problem('A name in the path is longer than the limit'),
  429: problem('Over a limit of the key: try again after `Retry-After` seconds'),
  431: problem('The address and headers are over the limit of 16 KB'),
  503: problem('Overload, or a part is not ready: try again after `Retry-After` seconds'),
};

/** What reading a body may end with. */
const BODY: Operation['responses'] = {
  413: problem('The request body is over the limit of 1 MB'),
  415: problem('The request body is not JSON'),
};

/** Adds to every operation its security and the statuses that it may answer; its own description of one stays. */
export function addCommonResponses({ paths }: OpenAPIObject): void {
  for (const [path, item] of Object.entries(paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const isApi = path.startsWith('/api/');
      operation.security ??= isApi ? [{ bearer: [] }] : [];
      if (!isApi) continue;
      operation.responses = { ...API, ...(method === 'get' ? {} : BODY), ...operation.responses };
    }
  }
}
