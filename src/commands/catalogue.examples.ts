const eventIds = ['019a3c1e-5a7b-7c00-9d3e-2f1a4b5c6d7e'];
const created = (id: string) => ({ id, status: 'created', position: '5124', eventIds });

const content = {
  contentId: 'buying-guide',
  title: 'The buying guide',
  type: 'white_paper',
  author: 'J. Meyer',
  publisher: { name: 'Analysts Ltd', kind: 'analyst' },
  url: 'https://www.acme.example/guides/buying',
  serves: [{ persona: 'technical', stage: 'explore' }],
};
const campaign = { campaignId: 'spring', name: 'Spring launch', source: 'newsletter', channel: 'email' };
const investment = {
  investmentId: 'webinar-2026-01',
  amount: '31000.00',
  currency: 'USD',
  from: '2026-01-01',
  to: '2026-02-01',
  source: 'webinar',
  note: 'Platform and speakers',
};
const creditNote = {
  ...{ investmentId: 'webinar-2026-01-credit', amount: '-1000.00', currency: 'USD' },
  ...{ from: '2026-01-01', to: '2026-02-01', source: 'webinar', note: 'Credit note of the platform' },
};

const bodies = (one: string, value: object, more: readonly object[] = []) => ({
  single: { summary: one, value },
  batch: { summary: 'A batch', value: [value, ...more] },
});

/** Bodies and answers of the commands, as the API document shows them. */
export const examples = {
  contents: { bodies: bodies('A content', content), created: created(content.contentId) },
  campaigns: { bodies: bodies('A campaign', campaign), created: created(campaign.campaignId) },
  investments: {
    bodies: bodies('What webinars cost in January', investment, [creditNote]),
    created: created(investment.investmentId),
  },
};
