import { hostOf } from './relays.js';

/**
 * What an address is beside a person's at their company. `role`: that of a function, read by whoever has it. `free_mail`,
 * `disposable`: at a provider of either. `bounced`: mail to it came back for good, and none arrived since.
 */
export const EMAIL_KINDS = ['role', 'free_mail', 'disposable', 'bounced'] as const;
export type EmailKind = (typeof EMAIL_KINDS)[number];
export type ProviderKind = Extract<EmailKind, 'free_mail' | 'disposable'>;

/** What a workspace knows better than the lists of mail providers, whose addresses name no company. By domain. */
export interface MailProviders {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** The address of a lead as conditions read it. */
export interface LeadAddress {
  readonly email: string;
  /** What the lists of mail providers say of its host; a journey model may know better. */
  readonly provider: ProviderKind | null;
  /** When mail to it bounced for good (ms); null: it did not, or mail arrived since. */
  readonly bouncedAt: number | null;
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/**
 * Names of functions. RFC 2142 (business, network and service names; `-request` of its mailing lists is tested apart), then those that
 * Mailchimp refuses (https://mailchimp.com/help/limits-on-role-based-addresses), then what companies print on their web sites, also
 * in other languages. Words that are names of people as well are left out.
 */
const ROLES = words(`
  info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp
  admin administrator all billing compliance devnull dns everyone help inoc ispfeedback ispsupport list list-request maildaemon
  no-reply noreply null phish phishing privacy registrar root spam subscribe sysadmin tech undisclosed-recipients unsubscribe
  contact contactus contact-us enquiries enquiry inquiries inquiry hello office mail mailbox team service services customerservice
  customer-service customercare helpdesk servicedesk accounts accounting accountspayable finance invoice invoices payroll purchasing
  procurement orders order hr humanresources jobs careers career recruiting recruitment press media pr events newsletter partners
  reception secretary legal it itsupport management mailer-daemon mailerdaemon do-not-reply donotreply
  kontakt vertrieb verkauf buero bewerbung buchhaltung rechnung einkauf presse personal zentrale sekretariat datenschutz
  contacto contato ventas vendas soporte suporte administracion administracao facturacion compras comercial recepcion
  commercial comptabilite accueil direction contabilita amministrazione vendite biuro sekretariat klantenservice administratie
`);

/** `sales+emea@` is the box of `sales@`. */
function isRole(email: string): boolean {
  const local = email.slice(0, email.lastIndexOf('@'));
  const plus = local.indexOf('+');
  const box = plus > 0 ? local.slice(0, plus) : local;
  return ROLES.has(box) || box.endsWith('-request');
}

/** Compiles what kinds an address is of, by the mail providers that a journey model adds and removes. */
export function emailKinds({ add = [], remove = [] }: MailProviders = {}): (
  address: LeadAddress | null,
) => readonly EmailKind[] {
  const [added, removed] = [new Set(add.map(hostOf)), new Set(remove.map(hostOf))];
  const providerOf = ({ email, provider }: LeadAddress): ProviderKind | null => {
    const hosts = hostsAbove(email.slice(email.lastIndexOf('@') + 1));
    if (hosts.some((host) => added.has(host))) return provider ?? 'free_mail';
    return hosts.some((host) => removed.has(host)) ? null : provider;
  };
  return (address) => {
    if (!address) return [];
    const provider = providerOf(address);
    return [
      ...(isRole(address.email) ? (['role'] as const) : []),
      ...(provider === null ? [] : [provider]),
      ...(address.bouncedAt === null ? [] : (['bounced'] as const)),
    ];
  };
}

/** The host, and the domains that it is in. */
function hostsAbove(host: string): readonly string[] {
  const labels = host.split('.');
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
}
