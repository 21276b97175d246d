import type { INestApplicationContext } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { Logger } from 'pino';
import { type Role, ROLES } from '../config.js';
import { Admission } from '../http/admission/admission.js';
import { KeyStore } from '../http/keys.js';
import { Readiness, type ReadinessReport } from '../http/readiness.js';
import { KeyQuotas } from '../intake/key-quotas.js';
import { Pipeline } from '../intake/pipeline.js';
import type { Metrics } from '../metrics.js';
import type { Serving } from './health.js';
import type { GrpcParts } from './server.js';

/** What gRPC serves is what the application does: the same intake, questions, keys and readiness. */
export function grpcParts(
  app: INestApplicationContext,
  roles: ReadonlySet<Role>,
  metrics: Metrics,
  log: Logger,
): GrpcParts {
  const readiness = app.get(Readiness);
  const store = app.get(KeyStore);
  return {
    ...{ roles, metrics, log },
    keys: {
      resolveWriteKey: app.get(KeyQuotas).counting((key: string) => store.resolveWriteKey(key)),
      resolveApiKey: (key) => store.resolveApiKey(key),
    },
    admission: app.get(Admission),
    serving: async () => servingOf(await readiness.check()),
    ...(roles.has('collect') ? { pipeline: app.get(Pipeline) } : {}),
    ...(roles.has('query') ? { queries: app.get(QueryBus, { strict: false }) } : {}),
  };
}

function servingOf({ ready, migrations, stopping, checks }: ReadinessReport): Serving {
  const works = migrations === 'done' && !stopping;
  return { whole: ready, roles: new Set(ROLES.filter((role) => works && checks[role]?.ready)) };
}
