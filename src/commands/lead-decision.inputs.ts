import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { behaviour } from '../domain/model/lead-management-shapes.js';
import type { Behaviour } from '../domain/model/lead-management.js';
import { IsInstant, IsText, Optional } from './checks.js';

const WHO =
  'Who decides: a recipient or manager of the journey model, or who received the lead. Without it, whoever has the key';

export class AcceptLeadInput {
  @ApiProperty({
    type: String,
    example: 'rep-7',
    description: 'Who accepts: a recipient of the journey model, or who received the lead',
  })
  @IsText(200)
  by!: string;
}

export class DisqualifyLeadInput {
  @ApiProperty({ type: String, example: 'student', description: 'Why; shown with the lead and in reports' })
  @IsText(500)
  reason!: string;

  @ApiPropertyOptional({ type: String, example: 'rep-7', description: WHO })
  @Optional()
  @IsText(200)
  by?: string;
}

/** As in the journey model. */
const IsBehaviour = (): PropertyDecorator =>
  ValidateBy({
    name: 'isBehaviour',
    validator: {
      validate: (value) => behaviour.check(value, []).length === 0,
      defaultMessage: (given) => {
        const [fault] = behaviour.check(given?.value, []);
        return fault && fault.path !== ''
          ? `${fault.path}: ${fault.message}`
          : (fault?.message ?? 'is no behaviour');
      },
    },
  });

export class RecycleLeadInput extends DisqualifyLeadInput {
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    example: '2027-01-10T08:00:00Z',
    description: 'When it qualifies again, whatever its score is by then. In the future',
  })
  @Optional()
  @IsInstant()
  wakeAt?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { when: { content: { type: 'pricing' } }, atLeast: 2, withinDays: 14 },
    description:
      'What it does after it was recycled that has it qualify again, as `did` of a condition in the journey model. Without `wakeAt` and `wakeWhen` it qualifies again once it has earned the score of its lead definition anew',
  })
  @Optional()
  @IsBehaviour()
  wakeWhen?: Behaviour;
}

export class LeadDecisionReceipt {
  @ApiProperty({ type: String, format: 'uuid', description: 'Current id of the lead' })
  leadId!: string;

  @ApiProperty({
    enum: ['handed_off', 'accepted', 'recycled', 'disqualified'],
    description: 'What was decided last',
  })
  status!: string;

  @ApiProperty({ type: Number, example: 1, description: 'How often the lead has qualified' })
  cycle!: number;

  @ApiProperty({
    type: String,
    example: '5124',
    description: 'Position of the decision: pass it as `?minPosition=` to read its effects',
  })
  position!: string;

  @ApiProperty({ type: Boolean, description: 'false: the same was decided before, and nothing was recorded' })
  changed!: boolean;
}
