import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtraModels,
  ApiHeader,
  ApiProperty,
  getSchemaPath,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
} from '@nestjs/swagger';
import { PARAMETERS, type ParameterName } from './query-parameters.js';

export class ProblemErrorItem {
  @ApiProperty({ type: String, description: 'The parameter, or the dotted path of the field' }) path!: string;
  @ApiProperty({ type: String, description: 'What is wrong, and what is allowed' }) message!: string;
  @ApiProperty({ type: 'integer', required: false, description: 'Line of a journey model, from 1' })
  line?: number;
  @ApiProperty({ type: 'integer', required: false, description: 'Column of a journey model, from 1' })
  column?: number;
}

/** RFC 9457. */
export class ProblemItem {
  @ApiProperty({ type: String, example: 'about:blank' }) type!: string;
  @ApiProperty({ type: String, example: 'Bad Request' }) title!: string;
  @ApiProperty({ type: 'integer', example: 400 }) status!: number;
  @ApiProperty({ type: String, description: 'Stable name of the problem', example: 'model-unknown' })
  code!: string;
  @ApiProperty({ type: String, description: 'Explanation for people' }) detail!: string;
  @ApiProperty({ type: () => [ProblemErrorItem], required: false, description: 'All faults' })
  errors?: ProblemErrorItem[];
}

/** A parameter as the document describes it. */

interface QueryDescription {
  /** One line, as a list of routes shows it. */
  readonly summary: string;
  readonly description?: string;
  /** Undefined: it has no JSON. */
  readonly answer?: Type<unknown>;
  readonly parameters: readonly ParameterName[];
  /** Media types it can be written in besides JSON. */
  readonly formats?: readonly string[];
  /** Whether `Accept` chooses among them, where `format` does not. */
  readonly negotiated?: boolean;
  /** Whether it has an `ETag`. */
  readonly tagged?: boolean;
  /** What `{id}` of the path may be. */
  readonly id?: string;
}

/** Describes one query in the OpenAPI document. */
export function QueryDocs({
  summary,
  description,
  answer,
  parameters,
  formats,
  negotiated = false,
  tagged = false,
  id,
}: QueryDescription): MethodDecorator {
  return applyDecorators(
    ApiBearerAuth(),
    ApiOperation({ summary, ...(description === undefined ? {} : { description }) }),
    ...(id === undefined ? [] : [ApiParam({ name: 'id', description: id, schema: { type: 'string' } })]),
    ...parameters.map((name) => ApiQuery({ name, required: false, ...PARAMETERS[name] })),
    ...(answer ? [ApiExtraModels(answer)] : []),
    ApiOkResponse({
      description: 'The response',
      ...(tagged && { headers: ETAG }),
      content: {
        ...(answer && { 'application/json': { schema: { $ref: getSchemaPath(answer) } } }),
        ...Object.fromEntries((formats ?? []).map((type) => [type, { schema: schemaOf(type) }])),
      },
    }),
    ...(tagged ? [IF_NONE_MATCH, NOT_MODIFIED] : []),
    problem(400, 'A parameter is invalid; `errors` lists each with the allowed values'),
    problem(401, 'No API key, or an unknown one'),
    ...(negotiated
      ? [
          problem(
            406,
            '`format-not-acceptable`: `Accept` names nothing that is offered, and `format` is not given',
          ),
        ]
      : []),
    ...(id === undefined ? [] : [problem(404, 'The id does not exist at that position')]),
    problem(
      503,
      'The read models have not reached the position, or the server is overloaded; retry after `Retry-After` seconds',
    ),
  );
}

const schemaOf = (mediaType: string) =>
  /^(text\/|application\/x-ndjson)/.test(mediaType)
    ? { type: 'string' as const }
    : { type: 'string' as const, format: 'binary' };

const ETAG = {
  ETag: { description: 'Position and parameters of the response', schema: { type: 'string' as const } },
};
const IF_NONE_MATCH = ApiHeader({
  name: 'If-None-Match',
  required: false,
  description:
    '`ETag` of a response that the client has; nothing is computed when it is that of the position',
  schema: { type: 'string' },
});
const NOT_MODIFIED = ApiResponse({ status: 304, description: 'The client has the response of the position' });

export const problem = (status: number, description: string) =>
  ApiResponse({
    status,
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemItem' } } },
  });
