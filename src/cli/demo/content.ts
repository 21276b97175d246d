/** What the demo's company publishes: Brightwork sells maintenance software to factories. */
export const SITE = 'https://www.brightwork.example';

/** Where a buyer is in the purchase, as far as it decides what they look at. */
export type Phase = 'notice' | 'learn' | 'compare' | 'justify' | 'buy';

export interface Content {
  readonly path: string;
  readonly title: string;
  /** Offered for an e-mail address. */
  readonly gated?: boolean;
}

const entries = (
  folder: string,
  gated: boolean,
  titles: readonly (readonly [slug: string, title: string])[],
): Content[] =>
  titles.map(([slug, title]) => ({ path: `${folder}/${slug}`, title, ...(gated ? { gated } : {}) }));

export const BLOG = entries('/blog', false, [
  ['cost-of-an-hour-down', 'What one hour of downtime really costs'],
  ['spreadsheets-and-wrenches', 'Spreadsheets and wrenches: why plans fail on the floor'],
  ['five-signs-reactive', 'Five signs your maintenance is still reactive'],
  ['bearing-talks', 'Your bearings are talking. Who listens?'],
  ['night-shift-handover', 'The night shift handover, and what gets lost in it'],
  ['spare-parts-myth', 'The myth of the full spare parts store'],
  ['first-90-days', 'A maintenance manager’s first 90 days'],
  ['mtbf-for-humans', 'MTBF for human beings'],
  ['oee-lies', 'Three ways OEE lies to you'],
  ['technicians-retire', 'Half of our technicians retire by 2032. Now what?'],
  ['audit-ready', 'Audit-ready on a Tuesday morning'],
  ['sensor-hype', 'Sensors are cheap. Attention is not'],
]);

export const GUIDES = [
  ...entries('/guides', true, [
    ['predictive-maintenance-in-plain-words', 'Predictive maintenance in plain words'],
    ['maintenance-kpis', 'The eleven maintenance KPIs worth having'],
    ['planner-handbook', 'The planner’s handbook'],
  ]),
  ...entries('/reports', true, [
    ['state-of-downtime', 'State of Downtime: 412 plants, one year'],
    ['skills-gap', 'The skills gap on the shop floor'],
  ]),
];

export const PAPERS = entries('/whitepapers', true, [
  ['from-reactive-to-planned', 'From reactive to planned in two quarters'],
  ['cmms-eam-apm', 'CMMS, EAM, APM: which letters do you need?'],
  ['retrofit-sensors', 'Retrofitting sensors on machines from 1985'],
  ['total-cost-of-maintenance', 'The total cost of maintenance, line by line'],
  ['mobile-work-orders', 'Mobile work orders that technicians use'],
]);

export const WEBINARS = entries('/webinars', true, [
  ['downtime-clinic', 'The downtime clinic: bring your worst machine'],
  ['planning-week-live', 'Planning a maintenance week, live'],
  ['sensors-in-a-day', 'Sensors in a day: a retrofit on camera'],
  ['cfo-conversation', 'How to talk about maintenance with your CFO'],
  ['security-for-plants', 'Plant networks and the cloud: a security talk'],
  ['customer-panel', 'Customer panel: what we would do differently'],
]);

export const PRODUCT = entries('/product', false, [
  ['work-orders', 'Work orders'],
  ['predict', 'Brightwork Predict'],
  ['mobile', 'The mobile app'],
  ['spare-parts', 'Spare parts'],
  ['analytics', 'Analytics'],
]);

export const COMPARISONS = entries('/compare', false, [
  ['brightwork-vs-spreadsheets', 'Brightwork and spreadsheets compared'],
  ['brightwork-vs-maintly', 'Brightwork and Maintly compared'],
  ['cmms-buyers-checklist', 'The CMMS buyer’s checklist'],
]);

export const CASES = entries('/case-studies', false, [
  ['kestrel-foods', 'Kestrel Foods: 31 % fewer line stops'],
  ['nordhammer-steel', 'Nordhammer Steel plans 80 % of its work'],
  ['aldermoor-paper', 'Aldermoor Paper: payback in seven months'],
  ['vantage-plastics', 'Vantage Plastics goes from clipboards to phones'],
]);

export const DOCS = entries('/docs', false, [
  ['api/authentication', 'API: authentication'],
  ['connectors/sap-pm', 'Connector: SAP PM'],
  ['connectors/opc-ua', 'Connector: OPC UA'],
  ['sso', 'Single sign-on'],
  ['import', 'Importing your assets'],
]);

export const SECURITY: Content = { path: '/security', title: 'Security at Brightwork' };
export const ROI: Content = { path: '/roi/downtime-calculator', title: 'Downtime calculator' };
export const PRICING: Content = { path: '/pricing', title: 'Pricing' };
export const DEMO: Content = { path: '/demo', title: 'See Brightwork with your own data' };
export const TRIAL: Content = { path: '/trial', title: 'Try Brightwork for 30 days' };
export const CAREERS: Content = { path: '/careers', title: 'Work with us' };
export const HOME: Content = { path: '/', title: 'Brightwork: maintenance that keeps its promises' };

type Shelf = readonly (readonly [contents: readonly Content[], weight: number])[];

/** What is read in each phase, and how much. */
export const READS: Readonly<Record<Phase, Shelf>> = {
  notice: [[BLOG, 60], [GUIDES, 18], [[HOME], 14], [[CAREERS], 2], [PRODUCT, 6]],
  learn: [[BLOG, 22], [GUIDES, 16], [PAPERS, 22], [WEBINARS, 12], [PRODUCT, 22], [[HOME], 6]],
  compare: [[CASES, 24], [COMPARISONS, 20], [PRODUCT, 18], [DOCS, 10], [PAPERS, 8], [[PRICING], 12], [[SECURITY], 8]],
  justify: [[[PRICING], 34], [[ROI], 18], [CASES, 20], [[SECURITY], 10], [DOCS, 10], [COMPARISONS, 8]],
  buy: [[[PRICING], 26], [DOCS, 26], [[SECURITY], 14], [CASES, 12], [PRODUCT, 12], [[ROI], 10]],
}; // prettier-ignore

export const urlOf = (content: Content): string => `${SITE}${content.path}`;
