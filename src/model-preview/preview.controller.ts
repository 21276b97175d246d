import { finished, Readable } from 'node:stream';
import { Body, Controller, HttpCode, Inject, Logger, Post, Query, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiOperation,
  ApiProduces,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Position } from '../domain/events.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import { readModelBody } from '../http/model-body.js';
import { Problem } from '../http/problem.js';
import { JourneyModels, type ModelEvent } from '../queries/journey-models.js';
import { POSITION_PARAMETERS, readRequestOf } from '../queries/page-request.js';
import { Params, type RawParams } from '../queries/params.js';
import { ReadModels, type ReadRequest } from '../queries/read-models.js';
import { PREVIEW_EXAMPLE } from './preview.example.js';
import type { PreviewLine, PreviewRequest, RunPreview } from './preview-model.js';
import { PreviewSlots } from './preview-slots.js';

export const RUN_PREVIEW = Symbol('RunPreview');

const DEFAULTS = { weeks: 26, leads: 100 };
const MOST = { weeks: 104, leads: 10_000 };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a preview is asked to tell. */
type Options = Pick<PreviewRequest, 'weeks' | 'leads' | 'after'>;

interface PreviewView {
  readonly asOf: Position;
  /** When the event at that position was recorded, ms. */
  readonly at: number;
  readonly model: ModelEvent;
}

@ApiTags('Journey model')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('api/model/preview')
export class ModelPreviewController {
  readonly #slots = new PreviewSlots();
  readonly #log = new Logger('preview');

  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(JourneyModels) private readonly published: JourneyModels,
    @Inject(RUN_PREVIEW) private readonly run: RunPreview,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteConfig({ textBody: true })
  @ApiOperation({
    summary: 'Compare a journey model with the one in effect on the whole history',
    description:
      'Nothing is written. The response is a stream of JSON lines: `start`, `progress` twice a second, `lead` for leads that come out otherwise, and last `result`, or `error`. Closing the connection ends the preview. docs/how-to/preview-model.md defines each number.',
  })
  @ApiQuery({
    name: 'weeks',
    required: false,
    description: `Qualified leads of so many weeks up to now, default ${DEFAULTS.weeks}`,
    schema: { type: 'integer', minimum: 1, maximum: MOST.weeks },
  })
  @ApiQuery({
    name: 'leads',
    required: false,
    description: `Changed leads to list, default ${DEFAULTS.leads}`,
    schema: { type: 'integer', minimum: 0, maximum: MOST.leads },
  })
  @ApiQuery({
    name: 'after',
    required: false,
    description: '`next` of another preview: lists the leads after it',
    schema: { type: 'string', format: 'uuid' },
  })
  @ApiQuery({
    name: 'asOf',
    required: false,
    description: 'Log position up to which the history goes; `start` names it',
    schema: { type: 'string' },
  })
  @ApiQuery({
    name: 'minPosition',
    required: false,
    description: 'Wait until the read models have reached this position',
    schema: { type: 'string' },
  })
  @ApiConsumes('application/yaml', 'application/json')
  @ApiProduces('application/x-ndjson')
  @ApiBody({
    schema: { type: 'object', additionalProperties: true, externalDocs: { url: '/api/model/schema.json' } },
  })
  @ApiResponse({
    status: 200,
    description: 'Lines of JSON',
    content: { 'application/x-ndjson': { schema: { type: 'string' }, example: PREVIEW_EXAMPLE } },
  })
  @ApiResponse({
    status: 400,
    description: '`model-invalid`, `model-unreadable`: `errors` names line and column',
  })
  @ApiResponse({ status: 404, description: '`model-not-found`: no journey model is published yet' })
  async preview(
    @RequestWorkspace() workspace: string,
    @Body() body: unknown,
    @Query() given: RawParams,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const params = new Params(given, ['weeks', 'leads', 'after', ...POSITION_PARAMETERS]);
    const asked = readRequestOf(workspace, params);
    const options = optionsOf(params);
    params.check();
    const { model: candidate, warnings } = readModelBody(body);
    const view = await this.#view(asked);
    const { version: modelVersion, data } = view.model;
    const history = { workspace, asOf: view.asOf, at: view.at };
    const request = { ...history, ...options, current: data.document, candidate: plain(candidate) };
    const start = {
      type: 'start',
      asOf: String(view.asOf),
      modelVersion,
      candidate: candidate.name,
      warnings,
    };
    const leave = this.#slots.enter(workspace);
    const ending = new AbortController();
    const lines = this.#lines(start, request, ending.signal);
    const stream = Readable.from(lines, { objectMode: false });
    // The stream closes once its source has ended, which takes the signal.
    finished(reply.raw, () => ending.abort());
    stream.once('close', leave);
    await reply.type('application/x-ndjson; charset=utf-8').send(stream);
  }

  /** Where a model is published that the read models have not reached yet, as after a first start, it waits for them. */
  async #view(asked: ReadRequest): Promise<PreviewView> {
    const open = (request: ReadRequest) =>
      this.models.view(request, ['journey', 'opportunities'], ({ asOf, at, model }) =>
        Promise.resolve({ asOf, at: +at, model }),
      );
    let view = await open(asked);
    const [first] = asked.asOf === undefined && !view.model ? await this.published.all(asked.workspace) : [];
    if (first) view = await open({ ...asked, minPosition: first.position });
    const { model } = view;
    if (!model) throw new Problem(404, 'model-not-found', 'No journey model is published to compare with');
    return { ...view, model };
  }

  async *#lines(start: object, request: PreviewRequest, signal: AbortSignal): AsyncGenerator<string> {
    yield jsonLine(start);
    try {
      for await (const line of this.run(request, signal)) yield jsonLine(lineOf(line));
    } catch (error) {
      if (signal.aborted) return;
      this.#log.error(`a preview of ${request.workspace} failed: ${String(error)}`);
      const detail = 'The preview failed; the log of the server tells why';
      yield jsonLine({ type: 'error', code: 'preview-failed', detail });
    }
  }
}

function optionsOf(params: Params): Options {
  const after = params.text('after');
  if (after !== undefined && !UUID.test(after))
    params.fault('after-invalid', 'after', 'must be `next` of another preview');
  return {
    weeks: params.integer('weeks', 1, MOST.weeks) ?? DEFAULTS.weeks,
    leads: params.integer('leads', 0, MOST.leads) ?? DEFAULTS.leads,
    after,
  };
}

const jsonLine = (value: object): string => `${JSON.stringify(value)}\n`;

/** Each line has its parts beside its type, instants as text. */
function lineOf(line: PreviewLine): object {
  if (line.type === 'progress') return { type: line.type, ...line.progress };
  if (line.type === 'result') return { type: line.type, ...line.result };
  const { current, candidate, ...lead } = line.lead;
  return { type: line.type, ...lead, current: outcomeOf(current), candidate: outcomeOf(candidate) };
}

type Outcome = Extract<PreviewLine, { readonly type: 'lead' }>['lead']['current'];

const outcomeOf = ({ qualifiedAt, ...outcome }: Outcome): object => ({
  ...outcome,
  qualifiedAt: qualifiedAt === null ? null : new Date(qualifiedAt).toISOString(),
});

/** As the log would have it. */
const plain = (model: JourneyModel): JourneyModel => JSON.parse(JSON.stringify(model)) as JourneyModel;
