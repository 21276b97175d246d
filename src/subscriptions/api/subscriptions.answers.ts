import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import type { SubscriptionStatus } from '../read-checkpoints.js';

const Text = (description: string): PropertyDecorator => ApiProperty({ type: String, description });
const MaybeText = (description: string): PropertyDecorator =>
  ApiProperty({ type: String, nullable: true, description });
const Whole = (description: string): PropertyDecorator => ApiProperty({ type: 'integer', description });

export class RebuildItem {
  @Whole('Of the code that makes its rows') version!: number;
  @MaybeText('The rows of this workspace are rebuilt; null: those of all') workspace!: string | null;
  @Text('How much of the log it has applied') position!: string;
  @Text('Where it takes the place of the rows that are answered from, as of now') target!: string;
  @ApiProperty({ type: Number, nullable: true, description: 'Events a second, lately; null: not measured' })
  rate!: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Seconds that are left at this rate' })
  secondsLeft!: number | null;
  @MaybeText('Set when it has caught up and waits for the end of transactions; the operator sees of whom')
  waitsFor!: string | null;
  @MaybeText('Set when it failed and does not move; the operator sees why') error!: string | null;
}

export class TableComparisonItem {
  @Text('Name of the table') table!: string;
  @Whole('Rows that the rebuild made') rows!: number;
  @Whole('Rows that there were at the same position') rowsBefore!: number;
  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Whether all have the same content; null: not compared',
  })
  isSame!: boolean | null;
}

export class ComparisonItem {
  @Text('Up to where both had applied the log') position!: string;
  @MaybeText('Its rows were rebuilt; null: those of all workspaces') workspace!: string | null;
  @ApiProperty({ type: String, format: 'date-time' }) comparedAt!: string;
  @Whole('Of the code that made the rows there were') version!: number;
  @ApiProperty({
    type: Boolean,
    nullable: true,
    description:
      'Whether the contents are the same; null: another version made them, or one of them lacks events',
  })
  isSame!: boolean | null;
  @ApiProperty({ type: TableComparisonItem, isArray: true }) tables!: readonly TableComparisonItem[];
}

export class ProjectionItem {
  @Text('Its name') name!: string;
  @Whole('Of the code that makes its rows') version!: number;
  @Text('Everything in the log up to here is in its rows') position!: string;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Events of the log it has not applied yet; null where positions have gaps (EventStoreDB)',
  })
  lag!: number | null;
  @ApiProperty({ type: Number, description: 'Age of the oldest of them, in seconds' }) lagSeconds!: number;
  @ApiProperty({ type: String, enum: ['running', 'rebuilding', 'failed'] }) status!: SubscriptionStatus;
  @ApiProperty({
    type: RebuildItem,
    nullable: true,
    description:
      'Set while it is rebuilt beside the rows that are answered from, or made for the first time on a log with events',
  })
  rebuild!: RebuildItem | null;
  @ApiProperty({
    type: ComparisonItem,
    nullable: true,
    description: 'The last rebuild beside the rows that there were before it; the operator sees it',
  })
  comparison!: ComparisonItem | null;
  @Whole('Dead letters: of the workspace, for the operator of all') deadLetters!: number;
  @MaybeText('Set when it failed and does not move; the operator sees why') error!: string | null;
}

export class ProjectionsAnswer {
  @Text('Position of the last event in the log') head!: string;
  @ApiProperty({ type: ProjectionItem, isArray: true }) projections!: ProjectionItem[];
}

export class RebuildAnswer {
  @ApiProperty({ type: [String], description: 'The projection and those that read its rows' })
  rebuilding!: string[];
}

export class DeadLetterItem {
  @Text('Of the event in the log') position!: string;
  @Text('Whose event it is') workspace!: string;
  @ApiProperty({ type: String, format: 'uuid' }) eventId!: string;
  @Text('Type of the event') type!: string;
  @ApiProperty({ type: [String], description: 'Later events that share one of them are dead letters too' })
  keys!: string[];
  @MaybeText('Position of the dead letter it waits for; null: it failed itself') behind!: string | null;
  @MaybeText('Why it could not be applied; null: it was not tried') error!: string | null;
  @Whole('Times it was tried') attempts!: number;
  @ApiProperty({ type: Boolean, description: 'Retrying it rebuilds the projection' }) overtaken!: boolean;
  @ApiProperty({ type: String, format: 'date-time' }) addedAt!: Date;
}

export class DeadLettersAnswer {
  @ApiProperty({ type: DeadLetterItem, isArray: true }) items!: DeadLetterItem[];
  @MaybeText('Give it as `cursor` for the next page; null on the last page') next!: string | null;
}

export class RetryAnswer {
  @Whole('Events that were tried again') tried!: number;
  @Whole('Dead letters of the same workspaces that are left') deadLetters!: number;
}

export class LogHeadAnswer {
  @Text('Position of the last event') position!: string;
}

export class DeadLettersQuery {
  @ApiPropertyOptional({ type: String, description: '`next` of the page before', example: '4711' })
  @Matches(/^\d{1,18}$/, { message: 'give `next` of the page before' })
  cursor = '0';

  @ApiPropertyOptional({
    description: 'Events of a page',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    default: 100,
  })
  @Transform(({ value }) => Number(value))
  @IsInt({ message: 'give a whole number from 1 to 1000' })
  @Min(1)
  @Max(1000)
  limit = 100;
}

export class WorkspaceQuery {
  @ApiPropertyOptional({ type: String, description: 'Only this workspace; without it all', example: 'main' })
  @IsOptional()
  @IsString()
  @MaxLength(63)
  workspace?: string;
}

/** Describes an answer in the OpenAPI document, with an example. */
export const Answers = (status: number, type: new () => object, example: object): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(type),
    ApiResponse({
      status,
      description: 'The answer',
      content: { 'application/json': { schema: { $ref: getSchemaPath(type) }, example } },
    }),
  );
