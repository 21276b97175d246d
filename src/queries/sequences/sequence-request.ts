import { Query } from '@nestjs/cqrs';
import { SEQUENCE_SORTS, type SequenceSort } from '../../domain/sequences/ranked-sequences.js';
import { POSITION_PARAMETERS, readRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import type { ReadRequest } from '../read-models.js';
import { SCOPE_PARAMETERS, scopeQueryOf, type ScopeQuery } from '../report-scope.js';
import { SEQUENCE_ITEMS, type SequenceItemKind, type SequencesAnswer } from './sequence-answer.js';
import { SEQUENCE_FORMATS, type SequenceFormat } from './sequence-formats.js';

export const MAX_LENGTH = 10;
export const MAX_SEQUENCES = 1_000;

/** Which steps of which journeys are searched. */
export interface JourneyScope {
  readonly by: SequenceItemKind;
  readonly scope: ScopeQuery;
  readonly persona: string | undefined;
  readonly stage: string | undefined;
  readonly closedOnly: boolean;
}

const NAMES = [
  ...(['by', 'persona', 'stage', 'closedOnly', 'minSupport', 'minLength', 'maxLength', 'sort'] as const),
  ...(['limit', 'format', ...SCOPE_PARAMETERS, ...POSITION_PARAMETERS] as const),
];

export class FindSequences extends Query<SequencesAnswer> {
  readonly journeys: JourneyScope;
  /** Undefined: a hundredth of the journeys. */
  readonly minSupport: number | undefined;
  readonly minLength: number;
  readonly maxLength: number;
  readonly sort: SequenceSort;
  readonly limit: number;
  readonly format: SequenceFormat;
  readonly request: ReadRequest;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, NAMES);
    this.journeys = {
      by: params.oneOf('by', SEQUENCE_ITEMS) ?? 'content',
      scope: scopeQueryOf(params),
      persona: params.text('persona'),
      stage: params.text('stage'),
      closedOnly: params.oneOf('closedOnly', ['true', 'false']) !== 'false',
    };
    this.minSupport = params.integer('minSupport', 1, 1_000_000);
    this.minLength = params.integer('minLength', 1, MAX_LENGTH) ?? 2;
    this.maxLength = params.integer('maxLength', 1, MAX_LENGTH) ?? Math.max(3, this.minLength);
    this.sort = params.oneOf('sort', SEQUENCE_SORTS) ?? 'support';
    this.limit = params.integer('limit', 1, MAX_SEQUENCES) ?? 100;
    this.format = params.oneOf('format', SEQUENCE_FORMATS) ?? 'json';
    this.request = readRequestOf(workspace, params);
    this.checkTogether(params);
  }

  private checkTogether(params: Params): void {
    const { scope, closedOnly } = this.journeys;
    if (this.maxLength < this.minLength)
      params.fault('max-length-invalid', 'maxLength', `is less than minLength, ${this.minLength}`);
    if (!closedOnly && scope.metric === 'revenue')
      params.fault(
        'closed-only-invalid',
        'closedOnly',
        'is for the metric pipeline: revenue is of closed opportunities',
      );
    params.check();
  }
}
