import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuthGuard, RequestWorkspace } from '../http/auth.guard.js';
import type { RawParams } from './params.js';
import { QueryDocs } from './query-docs.js';
import {
  FindSegmentMembers,
  FindSegmentOverlap,
  FindSegments,
  SegmentMembersAnswer,
  SegmentOverlapAnswer,
  SegmentsAnswer,
} from './segments.js';

@ApiTags('Segments')
@UseGuards(AuthGuard)
@Controller('api/segments')
export class SegmentsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'List the segments of the journey model with their sizes',
    answer: SegmentsAnswer,
    parameters: ['asOf', 'minPosition'],
  })
  find(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<SegmentsAnswer> {
    return this.queries.execute(new FindSegments(workspace, given));
  }

  @Get('overlap')
  @QueryDocs({
    summary: 'Count the leads that segments have in common, two by two',
    answer: SegmentOverlapAnswer,
    parameters: ['segmentIds', 'asOf', 'minPosition'],
  })
  overlap(@RequestWorkspace() workspace: string, @Query() given: RawParams): Promise<SegmentOverlapAnswer> {
    return this.queries.execute(new FindSegmentOverlap(workspace, given));
  }

  @Get(':id/members')
  @QueryDocs({
    summary: 'List the leads of a segment',
    id: 'The segment, as the journey model names it',
    answer: SegmentMembersAnswer,
    parameters: ['cursor', 'limit', 'asOf', 'minPosition'],
  })
  members(
    @RequestWorkspace() workspace: string,
    @Param('id') segment: string,
    @Query() given: RawParams,
  ): Promise<SegmentMembersAnswer> {
    return this.queries.execute(new FindSegmentMembers(workspace, segment, given));
  }
}
