import { projections } from '../projections/all.js';
import { countParked } from '../projections/parking.js';
import { ProjectionRunner } from '../projections/runner.js';
import { withRuntime } from './with-runtime.js';

/** `rebuild PROJECTION`: a running server does it at once, else the next one at its start. @throws Refused `projection-not-found` */
export function rebuild(name = ''): Promise<void> {
  return withRuntime(async ({ pool, store }) => {
    const names = await new ProjectionRunner({ pool, store, projections }).rebuild(name);
    console.log(`To be made anew from the log: ${names.join(', ')}`);
  });
}

/** `retry PROJECTION [WORKSPACE]`: as `POST /api/projections/{name}/parked/retry`. @throws Refused `projection-not-found` */
export function retryParked(name = '', workspace?: string): Promise<void> {
  return withRuntime(async ({ pool, store }) => {
    const tried = await new ProjectionRunner({ pool, store, projections }).retryParked(name, workspace);
    const left = (await countParked(pool, workspace)).get(name) ?? 0;
    console.log(`Tried ${tried} parked events again; ${left} are parked still`);
  });
}
