import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Role } from '../config.js';
import { sendProblem } from './problem.filter.js';

/** Addresses by the role that serves them; an address may end in `*`. */
export type Served = Readonly<Partial<Record<Role, readonly string[]>>>;

/** Answers at the addresses of roles this process does not have that they are served elsewhere. Before `init`. */
export function answerForAbsentRoles(
  app: NestFastifyApplication,
  roles: ReadonlySet<Role>,
  served: Served,
): void {
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  for (const [role, addresses = []] of Object.entries(served)) {
    if (roles.has(role as Role)) continue;
    const detail = `This process has the ROLES ${[...roles].join(',')}; one with ${role} answers here`;
    for (const url of addresses)
      fastify.all(url, {
        config: { withoutKey: true },
        // Before the body is read: it may be of any type and size.
        onRequest: (_request, reply) =>
          void sendProblem(reply, { status: 404, code: 'role-not-here', detail }),
        handler: () => undefined,
      });
  }
}
