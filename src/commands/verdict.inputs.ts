import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsUUID,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { isNetwork } from '../domain/network.js';
import {
  ACTOR_VERDICTS,
  TOUCHPOINT_KINDS,
  type ActorVerdict,
  type TouchpointKind,
} from '../domain/touchpoint.js';
import { IsInstant, IsText, isText, Optional } from './checks.js';

const MOST = 1_000;

const IsListOf = (what: string, isOne: (value: unknown) => boolean): PropertyDecorator =>
  ValidateBy({
    name: 'isListOf',
    validator: {
      validate: (value) =>
        Array.isArray(value) && value.length > 0 && value.length <= MOST && value.every(isOne),
      defaultMessage: () => `must be a list of 1 to ${MOST} ${what}`,
    },
  });

const isNetworkText = (value: unknown): boolean => typeof value === 'string' && isNetwork(value);
/** A domain as it stands in addresses: with an `@` or a space it would match nobody. */
const isDomain = (value: unknown): boolean => isText(value, 253) && /^[^\s@]+$/.test(value);
const isShortText = (value: unknown): boolean => isText(value, 1_000);

const list = (example: readonly string[], description: string) => ({
  type: String,
  isArray: true as const,
  example: [...example],
  description,
});

/** Which touchpoints: each part that is given has to hold, and of each list one member. */
export class VerdictMatchInput {
  @ApiPropertyOptional(list(['198.51.100.0/24'], 'Networks or addresses, of the IP address of the buyer'))
  @Optional()
  @IsListOf('networks such as 198.51.100.0/24', isNetworkText)
  networks?: string[];

  @ApiPropertyOptional(list(['HeadlessChrome'], 'Parts of the user agent, whatever their case'))
  @Optional()
  @IsListOf('texts', isShortText)
  userAgents?: string[];

  @ApiPropertyOptional({ enum: TOUCHPOINT_KINDS, isArray: true, example: ['email_click'] })
  @Optional()
  @IsArray()
  @ArrayNotEmpty()
  @IsIn(TOUCHPOINT_KINDS, { each: true })
  kinds?: TouchpointKind[];

  @ApiPropertyOptional(list(['staging'], 'Names of collectors'))
  @Optional()
  @IsListOf('texts', isShortText)
  collectors?: string[];

  @ApiPropertyOptional(list(['seller.example'], 'Of e-mail addresses among the keys, with subdomains'))
  @Optional()
  @IsListOf('domains such as seller.example', isDomain)
  emailDomains?: string[];

  @ApiPropertyOptional(list(['/status/**'], 'URL patterns as in the journey model, of the content'))
  @Optional()
  @IsListOf('URL patterns', isShortText)
  urls?: string[];

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Occurred from then on' })
  @Optional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Occurred before' })
  @Optional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({
    type: String,
    isArray: true,
    format: 'uuid',
    description: 'Event ids of touchpoints',
  })
  @Optional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST)
  @IsUUID('loose', { each: true })
  eventIds?: string[];
}

const SomeParts = (): PropertyDecorator =>
  ValidateBy({
    name: 'someParts',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        Object.values(value).some((part) => part !== undefined),
      defaultMessage: () => 'must have at least one part: a rule for everything would leave nobody',
    },
  });

export class VerdictRuleInput {
  @ApiProperty({ type: () => VerdictMatchInput, example: { networks: ['198.51.100.0/24'] } })
  @SomeParts()
  @ValidateNested()
  @Type(() => VerdictMatchInput)
  match!: VerdictMatchInput;

  @ApiProperty({ enum: ACTOR_VERDICTS, example: 'internal', description: 'Only human and unknown count' })
  @IsIn(ACTOR_VERDICTS)
  verdict!: ActorVerdict;

  @ApiPropertyOptional({ type: String, example: 'Our office', description: 'Stored with the rule' })
  @Optional()
  @IsText(1_000)
  reason?: string;
}

export class RulePath {
  @IsUUID('loose')
  ruleId!: string;
}
