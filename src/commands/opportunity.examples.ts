const receipt = { opportunityId: 'opp-1', status: 'open', position: '5124', changed: true };
const eventIds = ['019a3c1e-5a7b-7c00-9d3e-2f1a4b5c6d7e'];

/** Bodies and answers of the opportunity commands, as the API document shows them. */
export const examples = {
  open: {
    webinar: {
      summary: 'An opportunity that came out of a webinar',
      value: {
        opportunityId: 'opp-1',
        name: 'Acme 2026',
        accountId: 'acme',
        amount: '120000.00',
        currency: 'USD',
        stage: 'discovery',
        openedAt: '2026-03-01T09:30:00Z',
        owner: 'rep-7',
        source: 'webinar',
        contacts: [{ email: 'ada@acme.example', role: 'decision_maker' }],
      },
    },
  },
  update: {
    stage: { summary: 'Another stage and amount', value: { stage: 'proposal', amount: '135000.00' } },
    won: { summary: 'Won', value: { status: 'won', closedAt: '2026-06-30T16:00:00Z' } },
    lost: { summary: 'Lost', value: { status: 'lost', reason: 'price' } },
    reopened: { summary: 'Reopened', value: { status: 'open', reason: 'signed by nobody' } },
    committee: {
      summary: 'Changes of the committee',
      value: {
        contacts: [
          { crmId: '003Hr00001abcde', email: 'bob@acme.example', role: 'champion' },
          { email: 'ada@acme.example', role: null },
        ],
      },
    },
  },
  upsert: {
    report: {
      summary: 'State in the CRM',
      value: {
        name: 'Acme 2026',
        accountId: 'acme',
        amount: '120000.00',
        currency: 'USD',
        stage: 'proposal',
        status: 'open',
        openedAt: '2026-03-01T09:30:00Z',
        occurredAt: '2026-03-20T11:00:00Z',
        contacts: [{ crmId: '003Hr00001abcde', email: 'ada@acme.example', role: 'decision_maker' }],
      },
    },
    won: {
      summary: 'Won, and the owner cleared',
      value: {
        status: 'won',
        closedAt: '2026-06-30T16:00:00Z',
        owner: null,
        occurredAt: '2026-06-30T16:05:00Z',
      },
    },
  },
  batch: {
    sync: {
      summary: 'Changes in the CRM since the last synchronisation',
      value: [
        {
          opportunityId: 'opp-1',
          currency: 'USD',
          amount: '120000.00',
          stage: 'proposal',
          occurredAt: '2026-03-20T11:00:00Z',
        },
        { opportunityId: 'opp-2', status: 'deleted', occurredAt: '2026-03-20T11:02:00Z' },
        { opportunityId: 'opp-3', amount: 'a lot', currency: 'USD' },
      ],
    },
  },
  receipts: {
    receipts: [
      { opportunityId: 'opp-1', status: 'created', position: '5124', eventIds },
      { opportunityId: 'opp-2', status: 'unchanged', position: '4002', eventIds: [] },
      {
        opportunityId: 'opp-3',
        status: 'rejected',
        reason: {
          code: 'invalid',
          message: 'amount: must be a decimal string such as "120000.00"',
          path: 'amount',
        },
      },
    ],
  },
  deleted: { ...receipt, status: 'deleted', position: '6012', eventIds },
  opened: { ...receipt, eventIds },
  openedBefore: { ...receipt, changed: false, eventIds: [] },
  updated: { ...receipt, status: 'won', position: '6011', eventIds },
};

const problem = (status: number, title: string, code: string, detail: string, path?: string) => ({
  type: 'about:blank',
  title,
  status,
  code,
  detail,
  ...(path === undefined ? {} : { errors: [{ path, message: detail }] }),
});
const answer = (status: number, description: string, example: object) => ({
  status,
  description,
  content: { 'application/problem+json': { example } },
});

/** How the commands are refused: the description lists the codes. */
export const refusals = {
  invalid: answer(
    400,
    '`invalid`: all faults of the body are listed',
    problem(400, 'Bad Request', 'invalid', 'must be a decimal string such as "120000.00"', 'amount'),
  ),
  notArray: answer(
    400,
    '`invalid`: the body is not an array',
    problem(400, 'Bad Request', 'invalid', 'The body must be an array of opportunities'),
  ),
  tooMany: answer(
    413,
    '`too-large`: too many opportunities, or more than 1 MB',
    problem(413, 'Payload Too Large', 'too-large', 'A request has at most 1000 opportunities'),
  ),
  exists: answer(
    409,
    '`opportunity-exists`: it was opened with other values',
    problem(
      409,
      'Conflict',
      'opportunity-exists',
      'opp-1 was opened with other values; send changes with PATCH or PUT',
    ),
  ),
  closed: answer(
    409,
    '`opportunity-closed`: a closed opportunity must be reopened before its amount, stage or status can change',
    problem(409, 'Conflict', 'opportunity-closed', 'The opportunity is won; reopen it first'),
  ),
  notFound: answer(
    404,
    '`opportunity-not-found`',
    problem(404, 'Not Found', 'opportunity-not-found', 'The opportunity opp-9 does not exist; open it first'),
  ),
  unprocessable: answer(
    422,
    [
      'A field has an impossible value: `currency-unknown`, `currency-fixed`, `amount-malformed`, `amount-negative`,',
      '`amount-decimals`, `amount-too-large`, `opened-in-future`, `closed-in-future`, `closed-before-opened`,',
      '`changed-in-future`, `changed-before-opened`, `not-closing`, `contact-unknown`, `currency-missing`',
    ].join(' '),
    problem(422, 'Unprocessable Entity', 'amount-negative', 'an amount cannot be negative', 'amount'),
  ),
};
