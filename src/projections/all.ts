import { attribution } from './attribution.js';
import { catalogue } from './catalogue.js';
import { lifecycle } from './lifecycle.js';
import { journey } from './journey.js';
import { opportunities } from './opportunities.js';
import type { Projection } from '../subscriptions/subscription.js';

/** Every projection there is. A new one: its file, its spec, a migration, and its line here. */
export const projections: readonly Projection[] = [journey, opportunities, attribution, catalogue, lifecycle];
