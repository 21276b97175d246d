const outcome = {
  ...{ persona: 'engineer', stage: 'evaluate', grade: 'B', score: 31.2, highestScore: 48 },
  qualifiedAt: '2026-03-04T10:12:00.000Z',
};
const rate = (successes: number, trials: number, low: number, high: number) => ({
  ...{ successes, trials, rate: successes / trials, low, high },
});
const model = {
  ...{ qualifiedLeads: 40, qualifiedPerWeek: 1.5, areaUnderCurve: 0.81 },
  precision: rate(10, 40, 0.142, 0.402),
  recall: rate(10, 12, 0.552, 0.953),
  deciles: [
    { ...{ decile: 1, count: 25, successes: 8, rate: 0.32, lift: 6.7, lowestScore: 60, highestScore: 141 } },
  ],
};

const LINES = [
  { type: 'start', asOf: '51240', modelVersion: 3, candidate: 'Quality first', warnings: [] },
  { type: 'progress', share: 0.42, leads: 1050, touchpoints: 25214, secondsLeft: 1 },
  {
    ...{ type: 'lead', leadId: '1c5bb1f1-0d2c-8a63-a1f4-0e4a6f5a7b10', email: 'ada@acme.example' },
    ...{ changes: ['score', 'qualification'], current: { ...outcome, score: 12, qualifiedAt: null } },
    candidate: outcome,
  },
  {
    ...{ type: 'result', leads: 2500, touchpoints: 60034, knownLeads: 250, wonLeads: 12, changedLeads: 310 },
    changes: { persona: 0, stage: 0, grade: 0, score: 310, qualification: 42 },
    ...{ qualificationGained: 40, qualificationLost: 2, current: model, candidate: model },
    weeks: [{ week: '2026-06-22', current: 1, candidate: 3 }],
    next: null,
  },
];

/** What a preview answers. */
export const PREVIEW_EXAMPLE = LINES.map((line) => `${JSON.stringify(line)}\n`).join('');
