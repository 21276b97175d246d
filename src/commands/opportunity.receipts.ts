import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class OpportunityReceipt {
  @ApiProperty({ type: String, example: 'opp-1' })
  opportunityId!: string;

  @ApiProperty({ type: String, enum: ['open', 'won', 'lost', 'deleted'], example: 'open' })
  status!: 'open' | 'won' | 'lost' | 'deleted';

  @ApiProperty({
    type: String,
    example: '5124',
    description: 'Position of its last event: pass it as `?minPosition=` to read the effects',
  })
  position!: string;

  @ApiProperty({ type: Boolean, description: 'false: nothing changed, and nothing was recorded' })
  changed!: boolean;

  @ApiProperty({ type: String, format: 'uuid', isArray: true, description: 'The events recorded now' })
  eventIds!: string[];
}

/** Why an item of a batch was not taken. */
export class ItemReason {
  @ApiProperty({ type: String, description: 'The code of the problem that a single request would get' })
  code!: string;

  @ApiProperty({ type: String })
  message!: string;

  @ApiPropertyOptional({ type: String, description: 'The invalid field' })
  path?: string;
}

export class UpsertReceipt {
  @ApiProperty({ type: String, nullable: true, example: 'opp-1' })
  opportunityId!: string | null;

  @ApiProperty({ type: String, enum: ['created', 'updated', 'unchanged', 'rejected'] })
  status!: 'created' | 'updated' | 'unchanged' | 'rejected';

  @ApiPropertyOptional({
    type: String,
    example: '5124',
    description: 'As in the receipt of a single opportunity',
  })
  position?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    isArray: true,
    description: 'The events recorded now',
  })
  eventIds?: string[];

  @ApiPropertyOptional({ type: () => ItemReason, description: 'Only if rejected' })
  reason?: ItemReason;
}

export class UpsertReceipts {
  @ApiProperty({ type: () => UpsertReceipt, isArray: true, description: 'One per item, in order' })
  receipts!: UpsertReceipt[];
}
