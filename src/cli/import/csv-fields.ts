/** What a CSV file holds. */
/** Types that are replaced by id: no wire format has them. */
export const CATALOGUE_TYPES = ['investments', 'contents', 'campaigns'] as const;
export type CatalogueType = (typeof CATALOGUE_TYPES)[number];

export const ROW_TYPES = ['touchpoints', 'contacts', 'opportunities', ...CATALOGUE_TYPES] as const;
export type RowType = (typeof ROW_TYPES)[number];

export const isCatalogueType = (type: RowType): type is CatalogueType =>
  (CATALOGUE_TYPES as readonly RowType[]).includes(type);

/** How the text of a cell is read. */
export type ValueKind =
  'text' | 'time' | 'amount' | 'kind' | 'status' | 'contacts' | 'day' | 'cells' | 'consent' | 'flag';

export interface FieldSet {
  readonly fields: Readonly<Record<string, ValueKind>>;
  /** Objects whose fields may have any name. */
  readonly open: readonly string[];
  /** Of each group one field at least has a column or a constant. */
  readonly required: readonly (readonly string[])[];
  /** Where a column goes that nothing maps; undefined: it is left out. */
  readonly rest?: string;
}

const texts = (...names: string[]): Record<string, ValueKind> =>
  Object.fromEntries(names.map((name) => [name, 'text']));

/** The fields that columns can be mapped to, by what the rows are. */
export const FIELD_SETS: Readonly<Record<RowType, FieldSet>> = {
  touchpoints: {
    fields: {
      ...texts(
        'messageId',
        'anonymousId',
        'userId',
        'crmId',
        'email',
        'accountId',
        'channel',
        'source',
        'medium',
      ),
      ...texts('campaign', 'content.id', 'content.url', 'content.title', 'content.type', 'rep', 'name'),
      ...texts('context.userAgent', 'context.ip', 'context.referrer', 'context.locale'),
      kind: 'kind',
      occurredAt: 'time',
    },
    open: ['traits', 'properties'],
    required: [['kind'], ['occurredAt'], ['email', 'userId', 'crmId', 'anonymousId']],
    rest: 'properties',
  },
  contacts: {
    fields: {
      ...texts('messageId', 'email', 'userId', 'crmId', 'accountId', 'accountName', 'accountDomain', 'list'),
      ...texts('traits.name', 'traits.firstName', 'traits.lastName', 'traits.title', 'traits.country'),
      ...texts('traits.phone'),
      ...{ occurredAt: 'time', consent: 'consent', consentAt: 'time', optedOut: 'flag' },
    },
    open: ['traits'],
    required: [['email', 'userId', 'crmId']],
    rest: 'traits',
  },
  opportunities: {
    fields: {
      ...texts('opportunityId', 'name', 'accountId', 'currency', 'stage', 'owner', 'source', 'reason'),
      ...texts('contact.email', 'contact.crmId', 'contact.userId', 'contact.role'),
      amount: 'amount',
      status: 'status',
      contacts: 'contacts',
      openedAt: 'time',
      closedAt: 'time',
      occurredAt: 'time',
    },
    open: [],
    required: [['opportunityId']],
  },
  investments: {
    fields: {
      ...texts('investmentId', 'currency', 'source', 'campaign', 'channel', 'content', 'note'),
      ...{ amount: 'amount', from: 'day', to: 'day' },
    },
    open: [],
    required: [
      ...[['investmentId'], ['amount'], ['currency'], ['from'], ['to']],
      ['source', 'campaign', 'channel', 'content'],
    ],
  },
  contents: {
    fields: {
      ...texts('contentId', 'title', 'type', 'author', 'publisher.name', 'publisher.kind', 'url'),
      serves: 'cells',
    },
    open: [],
    required: [['contentId']],
  },
  campaigns: {
    fields: texts('campaignId', 'name', 'source', 'channel'),
    open: [],
    required: [['campaignId']],
  },
};

/** Usual names of columns, written plainly, by field. */
const NAMES: Readonly<Record<string, string>> = {
  messageId: 'messageid eventid id',
  kind: 'kind event eventtype eventname type activity activitytype action',
  occurredAt:
    'occurredat timestamp time date datetime eventtime eventdate activitydate lastmodifieddate lastmodified modifiedat updatedat',
  anonymousId: 'anonymousid visitorid clientid deviceid',
  userId: 'userid',
  crmId: 'crmid contactid leadid salesforceid hubspotid recordid',
  email: 'email mail emailaddress workemail contactemail',
  accountId: 'accountid companyid organizationid organisationid',
  accountName: 'accountname company companyname organization organisation',
  accountDomain: 'domain website companydomain',
  channel: 'channel',
  source: 'source utmsource leadsource originalsource',
  medium: 'medium utmmedium',
  campaign: 'campaign utmcampaign campaignname',
  'content.id': 'contentid assetid',
  'content.url': 'url pageurl contenturl link',
  'content.title': 'title pagetitle contenttitle content asset',
  'content.type': 'contenttype assettype',
  rep: 'rep salesrep',
  'context.userAgent': 'useragent',
  'context.ip': 'ip ipaddress',
  'context.referrer': 'referrer referer',
  opportunityId: 'opportunityid dealid id recordid',
  name: 'name opportunityname dealname',
  amount: 'amount value dealamount revenue',
  currency: 'currency currencycode currencyisocode',
  stage: 'stage stagename dealstage',
  owner: 'owner ownerid opportunityowner dealowner',
  status: 'status',
  openedAt: 'openedat createdat createddate createdate opened',
  closedAt: 'closedat closedate closeddate closed',
  reason: 'reason lossreason closedlostreason',
  'contact.email': 'contactemail primarycontactemail',
  'contact.role': 'contactrole role',
  contacts: 'contacts committee',
  investmentId: 'investmentid invoiceid id',
  from: 'periodfrom',
  to: 'periodto',
  note: 'note notes comment description',
  contentId: 'contentid assetid id',
  campaignId: 'campaignid campaign utmcampaign id',
  'publisher.name': 'publisher',
  list: 'list listname',
  'traits.name': 'name fullname contactname',
  'traits.firstName': 'firstname givenname forename',
  'traits.lastName': 'lastname surname familyname',
  'traits.title': 'title jobtitle position jobfunction',
  'traits.country': 'country countrycode mailingcountry',
  'traits.phone': 'phone phonenumber telephone',
  consent: 'consent emailconsent subscriptionstatus',
  consentAt: 'consentat consentdate optoutdate optedoutat unsubscribedat',
  optedOut: 'optedout optout emailoptout hasoptedoutofemail unsubscribed donotemail',
  url: 'url link',
};

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** The field that a column of this name usually means. */
export function usualField(header: string, { fields, open }: FieldSet): string | undefined {
  if (Object.hasOwn(fields, header) || open.some((name) => header.startsWith(`${name}.`))) return header;
  const name = plain(header);
  return Object.keys(fields).find(
    (field) => plain(field) === name || NAMES[field]?.split(' ').includes(name),
  );
}

export const isField = (field: string, { fields, open }: FieldSet): boolean =>
  Object.hasOwn(fields, field) ||
  open.some((name) => field.startsWith(`${name}.`) && field.length > name.length + 1);
