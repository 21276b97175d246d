import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { analyticsScript, BUNDLES_FOLDER, isBundle } from './analytics-js.js';
import { preflight } from '../http/cors.js';
import { sendProblem } from '../http/problem.filter.js';
import { type ResolveWriteKey, writeKeyBeside } from './credentials.js';
import { publicUrlFor } from './public-url.js';
import { keyRefusal } from './refusal.js';
import { trackerScript } from './tracker-script.js';
import { rudderstackSourceConfig } from './rudderstack-source-config.js';
import { segmentSettings } from './segment-settings.js';

export interface BrowserSdkDeps {
  readonly resolveWriteKey: ResolveWriteKey;
  /** Where browsers reach this server; undefined: at the host that a request names. */
  readonly publicUrl: string | undefined;
}

interface ByKey {
  Params: { readonly key: string };
}

const BUNDLES = '/analytics-next/bundles';
const YEAR = 365 * 24 * 3_600_000;

/** What SDKs in a browser load before they send: their settings, and Segment's script with its chunks, and the tracker. */
export const BROWSER_SDK_ROUTES = {
  segmentSettings: '/v1/projects/:key/settings',
  segmentScript: '/analytics.js/v1/:key/analytics.min.js',
  segmentBundle: `${BUNDLES}/:file`,
  tracker: '/t.js',
  trackerOfKey: '/t/:key',
  rudderstackSourceConfig: '/sourceConfig',
} as const;

export async function addBrowserSdkRoutes(scope: FastifyInstance, deps: BrowserSdkDeps): Promise<void> {
  const { segmentScript, segmentSettings: settings, rudderstackSourceConfig: config } = BROWSER_SDK_ROUTES;
  const { tracker, trackerOfKey } = BROWSER_SDK_ROUTES;
  for (const path of [settings, segmentScript, config, tracker, trackerOfKey]) scope.options(path, preflight);
  scope.get<ByKey>(settings, (request, reply) =>
    answerFor(deps, reply, request.params.key, (key) =>
      segmentSettings(publicUrlFor(request, reply, deps.publicUrl), key),
    ),
  );
  scope.get<ByKey>(segmentScript, (request, reply) =>
    answerFor(deps, reply, request.params.key, (key) => {
      cachedScript(reply);
      return analyticsScript(key);
    }),
  );
  scope.get(tracker, async (_, reply) => cachedScript(reply).send(await trackerScript()));
  scope.get<ByKey>(trackerOfKey, (request, reply) =>
    answerFor(deps, reply, request.params.key.replace(/\.js$/, ''), () => {
      cachedScript(reply);
      return trackerScript();
    }),
  );
  scope.get(config, (request: FastifyRequest, reply) =>
    answerFor(deps, reply, writeKeyBeside(request), (key) =>
      rudderstackSourceConfig(publicUrlFor(request, reply, deps.publicUrl), key),
    ),
  );
  await scope.register(fastifyStatic, {
    root: BUNDLES_FOLDER,
    prefix: BUNDLES,
    allowedPath: isBundle,
    preCompressed: true,
    decorateReply: false,
    immutable: true,
    maxAge: YEAR,
  });
}

const cachedScript = (reply: FastifyReply): FastifyReply =>
  reply.type('text/javascript; charset=utf-8').header('cache-control', 'public, max-age=300');

async function answerFor(
  { resolveWriteKey }: BrowserSdkDeps,
  reply: FastifyReply,
  key: string | undefined,
  answer: (key: string) => object | Promise<string>,
): Promise<FastifyReply> {
  if (key !== undefined && (await resolveWriteKey(key)) !== undefined) return reply.send(await answer(key));
  return sendProblem(reply, keyRefusal(key));
}
