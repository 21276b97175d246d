import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ItemReason } from './opportunity.receipts.js';

const STATUSES = ['created', 'updated', 'unchanged', 'rejected'] as const;

export class CatalogueReceipt {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'fair-2026',
    description: 'Its id, as labels are normalised',
  })
  id!: string | null;

  @ApiProperty({
    type: String,
    enum: STATUSES,
    description: 'unchanged: it says what is known, and nothing was recorded',
  })
  status!: (typeof STATUSES)[number];

  @ApiPropertyOptional({
    type: String,
    example: '5124',
    description: 'Position of its last event: pass it as `?minPosition=` to read the effects',
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

export class CatalogueReceipts {
  @ApiProperty({ type: () => CatalogueReceipt, isArray: true, description: 'One per item, in order' })
  receipts!: CatalogueReceipt[];
}
