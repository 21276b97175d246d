import { type OpenApiPart, problem } from '../intake/openapi-parts.js';
import { ref, Type } from '../intake/schema.js';
import * as input from './link-input.js';

const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const LINK = {
  ...{ type: 'click', email: 'ada@acme.example', url: 'https://www.vendor.example/pricing' },
  ...{ campaign: 'spring', content: { id: 'pricing' }, mailId: 'spring-2026-03-01' },
};
const MADE = {
  ...{ type: 'click', url: 'https://touchline.vendor.example/c/ASAzZjJhOWMwZDVi' },
  expiresAt: '2027-03-02T00:00:00.000Z',
};

/** The route that makes pictures and links for mails. */
export const linksOpenApi: OpenApiPart = {
  paths: {
    '/api/links': {
      post: {
        ...{ tags: ['Links'], security: [{ bearer: [] }], operationId: 'links.create' },
        summary: 'Make pictures and links for mails',
        description:
          'One, or up to 1,000 as `links`. Nothing is stored: the token has everything, and the same link has the same token.',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { anyOf: [schema('NewLink'), schema('NewLinks')] },
              example: LINK,
            },
          },
        },
        responses: {
          200: {
            description: 'The link, or all as `links` in their order',
            content: {
              'application/json': {
                schema: { anyOf: [schema('MadeLink'), schema('MadeLinks')] },
                example: MADE,
              },
            },
          },
          404: problem('There is no such collector in this workspace'),
          409: problem('The collector is of another format'),
          422: problem(
            'A recipient, an address or a time is invalid, or the address leads to a host that is not allowed',
          ),
        },
      },
    },
  },
  schemas: {
    NewLink: input.newLinkSchema,
    NewLinks: input.newLinksSchema,
    MadeLink: Type.Object({
      type: Type.String(),
      url: Type.String({ description: 'To be put into the mail', format: 'uri' }),
      expiresAt: Type.String({ format: 'date-time' }),
    }),
    MadeLinks: Type.Object({ links: Type.Array(ref('MadeLink')) }),
  },
  tags: [{ name: 'Links', description: 'Pictures and links for mails that are sent without a provider' }],
};
