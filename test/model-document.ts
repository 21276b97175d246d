/** A small journey model that has every part a document may have. Plain JSON, a new one at each call. */
export const wholeDocument = () => ({
  name: 'Whole',
  currency: 'EUR',
  timeZone: 'Europe/Berlin',
  rates: [{ currency: 'USD', date: '2026-01-31', rate: 0.9 }],
  personas: [
    {
      id: 'chief',
      name: 'Chief',
      description: 'Decides.',
      when: [{ title: { words: ['CFO', 'co-founder'] } }, { 'company.size': { atLeast: 10, atMost: 99 } }],
      stages: [{ id: 'decide', name: 'Decide', enter: [{ name: 'demo', when: { kind: 'demo_request' } }] }],
    },
    { id: 'engineer', name: 'Engineer', when: [{ title: { is: ['CTO', 7, true], known: true } }] },
  ],
  stages: [
    {
      id: 'look',
      name: 'Look',
      enter: [
        {
          name: 'reads',
          when: {
            kind: ['page_view', 'content_view'],
            channel: 'email',
            source: ['newsletter'],
            campaign: 'spring',
            name: 'Read',
            property: { plan: { is: 'pro' } },
            content: { id: 'paper', type: ['white_paper'], stage: 'decide', url: ['/papers/**'] },
            trigger: 'budget',
            afterTrigger: { trigger: ['budget'], withinDays: 30 },
            afterSilenceDays: 14,
            count: { atLeast: 2, withinDays: 7 },
          },
          back: true,
        },
        { name: 'comes', when: {} },
      ],
    },
  ],
  triggers: [{ id: 'budget', name: 'Budget', when: { kind: 'custom', content: { stage: 'look' } } }],
  contents: [
    {
      id: 'paper',
      title: 'Paper',
      type: 'white_paper',
      stage: 'decide',
      personas: ['chief'],
      alsoServes: [{ stage: 'look', personas: ['engineer'] }],
      author: 'Ada',
      publisher: 'ours',
      urls: ['/papers/*', 'www.acme.example/**'],
      eachPage: true,
    },
  ],
  scoring: {
    halfLifeDays: 30,
    rules: [
      {
        name: 'page',
        when: { kind: 'page_view' },
        points: -1.5,
        cap: { count: 3, per: 'day' },
        oncePerContent: true,
        persona: ['chief', 'engineer'],
      },
    ],
  },
  grading: {
    rules: [{ name: 'large', when: { employees: { atLeast: 50 } }, points: 50 }],
    grades: { A: 80, B: 60, C: 40, D: 20, E: 1 },
  },
  sessionIdleMinutes: 30,
  relays: ['login.acme.example', 'bücher.example'],
  mailProviders: { add: ['mail.isp.example'], remove: ['acme.example'] },
  leadDefinitions: [
    {
      persona: 'chief',
      minScore: 40,
      minGrade: 'C',
      minStage: 'decide',
      traits: { email: { known: true } },
      triggers: [{ trigger: ['budget'], withinDays: 90 }],
      disqualifiers: [{ name: 'student', when: { traits: { title: { words: ['student'] } } } }],
    },
    { minScore: 60 },
  ],
  leadFilters: [
    { name: 'competitors', when: { account: { domain: 'rival.example' } }, outcome: 'disqualify' },
    { name: 'others', when: { segment: ['readers'], lifecycle: 'raw' }, outcome: 'nurture' },
  ],
  segments: [
    {
      id: 'readers',
      name: 'Readers',
      description: 'Read, and ask for nothing.',
      when: {
        persona: ['chief'],
        stage: 'look',
        grade: ['A', 'B'],
        email: ['role', 'bounced'],
        score: { atLeast: 10, atMost: 90 },
        account: { id: 'acme', domain: ['acme.example'], known: true },
        did: [{ when: { kind: 'page_view', content: { stage: 'decide' } }, atLeast: 2, withinDays: 30 }],
        didNot: [{ when: { kind: 'demo_request' } }],
        any: [{ lifecycle: ['raw', 'engaged'] }],
        none: [{ traits: { country: { is: 'XX' } } }],
      },
    },
  ],
  routing: {
    strategy: 'least_loaded',
    accountOwnerFirst: false,
    territories: [
      { id: 'iberia', name: 'Iberia', countries: ['ES', 'PT'], when: [{ region: { is: 'south' } }] },
    ],
    recipients: [
      {
        id: 'rep-7',
        name: 'Maria',
        kind: 'rep',
        email: 'maria@acme.example',
        timeZone: 'Europe/Lisbon',
        capacity: 40,
        personas: ['chief'],
        territories: ['iberia'],
        businessHours: 'office',
        outOfOffice: [{ from: '2026-12-24', to: '2027-01-04' }],
      },
      { id: 'north', name: 'North Ltd', kind: 'distributor' },
    ],
    managers: [
      { id: 'eva', name: 'Eva' },
      { id: 'otto', name: 'Otto' },
    ],
    rules: [
      {
        name: 'readers in Iberia',
        when: { segment: 'readers' },
        territory: ['iberia'],
        recipients: ['rep-7'],
        kind: ['rep', 'partner'],
        strategy: 'round_robin',
      },
    ],
  },
  businessHours: [
    {
      id: 'office',
      name: 'Office',
      timeZone: 'Europe/Lisbon',
      week: {
        monday: [
          { from: '09:00', to: '13:00' },
          { from: '14:00', to: '18:00' },
        ],
        friday: [{ from: '09:00', to: '24:00' }],
      },
      holidays: [{ date: '2026-12-25', name: 'Christmas' }],
    },
  ],
  serviceLevels: [
    {
      name: 'readers',
      when: { segment: 'readers' },
      dueWithinHours: 8,
      warnHoursBefore: 2,
      businessHours: 'office',
    },
    { name: 'all', dueWithinHours: 24 },
  ],
  nurture: [{ name: 'newsletter', when: { channel: 'email', content: { stage: 'look' } } }],
  internalDomains: ['whole.example'],
  competitorDomains: ['rival.example'],
  investments: { period: 'quarter', fiscalYearStart: 4 },
  attribution: { lookbackDays: 90, timeDecay: { halfLifeDays: 7 }, position: [40, 20, 40] },
});

/** The path of a value in a document: `stages[0].enter[1].when`, and `''` for the whole. */
const steps = (path: string): (string | number)[] =>
  [...path.matchAll(/\[(\d+)\]|'([^']+)'|([^.[\]']+)/g)].map(([, index, quoted, name]) =>
    index === undefined ? (quoted ?? name ?? '') : Number(index),
  );

/** The document with another value at the path; `undefined` takes the field out. */
export function changed(document: unknown, path: string, value: unknown): unknown {
  const [step, ...rest] = steps(path);
  if (step === undefined) return value;
  return replaced(document, [step, ...rest], value);
}

function replaced(document: unknown, [step, ...rest]: (string | number)[], value: unknown): unknown {
  if (step === undefined) return value;
  const copy = (Array.isArray(document) ? [...document] : { ...(document as object) }) as Record<
    string | number,
    unknown
  >;
  copy[step] = replaced(copy[step], rest, value);
  return copy;
}

/** The paths of all values in a document, itself included. */
export function pathsOf(document: unknown, path = ''): string[] {
  if (typeof document !== 'object' || document === null) return [path];
  const inner = Object.entries(document).flatMap(([name, value]) => {
    const step = Array.isArray(document) ? `[${name}]` : `'${name}'`;
    return pathsOf(value, `${path}${path === '' || Array.isArray(document) ? '' : '.'}${step}`);
  });
  return [path, ...inner];
}
