import { SaxesParser } from 'saxes';
import { reject, type Rejected } from '../../outcome.js';

/** One record that changed, with the fields that the outbound message was set up to send. */
export interface SalesforceNotification {
  readonly organizationId: string;
  /** The same for every try. */
  readonly notificationId: string;
  /** `Contact`, `Opportunity`. */
  readonly objectType: string;
  /** As text, null where the field is empty; a field of an object in the record is named `Parent.Field`. */
  readonly fields: Readonly<Record<string, string | null>>;
}

export interface OutboundMessage {
  readonly organizationId: string;
  readonly notifications: readonly SalesforceNotification[];
}

/** Of a message: Envelope, Body, notifications, Notification, sObject, a field, one inside it. */
const MAX_DEPTH = 10;
const MAX_FIELDS = 1_000;

class Unreadable extends Error {}

/**
 * Reads an outbound message (SOAP 1.1). Entities are those of XML alone: a document type declaration, by which others would be
 * declared, is refused, as SOAP demands.
 */
export function parseOutboundMessage(text: string): OutboundMessage | Rejected {
  const reading = new MessageReading();
  const parser = new SaxesParser<{ xmlns?: false; position: false }>({ position: false });
  parser.on('attribute', ({ name, value }) => reading.addAttribute(name, value));
  parser.on('opentag', ({ name }) => reading.open(name));
  parser.on('closetag', () => reading.close());
  parser.on('text', (part) => reading.addText(part));
  parser.on('cdata', (part) => reading.addText(part));
  parser.on('doctype', () => fail('A document type declaration is not allowed'));
  parser.on('error', ({ message }) => fail(`The body is not XML: ${message}`));
  try {
    parser.write(text).close();
    return reading.message;
  } catch (error) {
    if (error instanceof Unreadable) return reject('unreadable-body', error.message);
    throw error;
  }
}

function fail(why: string): never {
  throw new Unreadable(why);
}

interface Draft {
  id: string;
  type: string;
  readonly fields: Record<string, string | null>;
  /** How many. */
  size: number;
}

/** Prefixes are the sender's choice; nothing here has the same name in two namespaces. */
const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** Of the element with the fields of a record, from the root. */
const RECORD = ['Envelope', 'Body', 'notifications', 'Notification', 'sObject'];
/** Elements open within a notification of the message, and within a record of a notification. */
const [IN_MESSAGE, IN_NOTIFICATION, IN_RECORD] = [3, 4, 5];

class MessageReading {
  /** Names of the elements that are open. */
  private readonly elements: string[] = [];
  /** How many of them, from the root, are those of RECORD. */
  private onPath = 0;
  private organizationId = '';
  private readonly drafts: Draft[] = [];
  private text = '';
  private isNil = false;
  /** Of the element that is being opened. */
  private nil: string | undefined;
  private type: string | undefined;
  /** The element just closed held others. */
  private isParent = false;

  /** Each comes before its element is open; of two with one local name the first counts. */
  addAttribute(qualified: string, value: string): void {
    const name = localName(qualified);
    if (name === 'nil') this.nil ??= value;
    else if (name === 'type') this.type ??= value;
  }

  open(qualified: string): void {
    const { elements, nil, type } = this;
    this.nil = this.type = undefined;
    const name = localName(qualified);
    const isNext = this.onPath === elements.length && RECORD[this.onPath] === name;
    if (elements.push(name) > MAX_DEPTH) fail(`The body has more than ${MAX_DEPTH} levels`);
    this.text = '';
    this.isParent = false;
    this.isNil = nil === 'true';
    if (!isNext) return;
    this.onPath += 1;
    if (this.onPath === IN_NOTIFICATION) this.drafts.push({ id: '', type: '', fields: {}, size: 0 });
    const draft = this.drafts.at(-1);
    if (this.onPath === IN_RECORD && draft) draft.type = localName(type ?? '');
  }

  addText(part: string): void {
    this.text += part;
  }

  close(): void {
    const { elements, onPath } = this;
    const name = elements.at(-1);
    const text = this.text.trim();
    const draft = this.drafts.at(-1);
    const depth = elements.length - 1;
    if (onPath === IN_RECORD && depth >= IN_RECORD) {
      if (draft && !this.isParent) this.addField(draft, fieldName(elements), text);
    } else if (onPath === depth && onPath === IN_NOTIFICATION && name === 'Id' && draft) draft.id = text;
    else if (onPath === depth && onPath === IN_MESSAGE && name === 'OrganizationId')
      this.organizationId = text;
    elements.pop();
    this.onPath = Math.min(onPath, depth);
    this.text = '';
    this.isParent = true;
  }

  private addField(draft: Draft, name: string, text: string): void {
    if (draft.size >= MAX_FIELDS) fail(`A record has more than ${MAX_FIELDS} fields`);
    draft.size += 1;
    const value = this.isNil || text === '' ? null : text;
    if (name === '__proto__')
      Object.defineProperty(draft.fields, name, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else draft.fields[name] = value;
  }

  get message(): OutboundMessage {
    const { organizationId } = this;
    if (organizationId === '') fail('The body is not an outbound message: it has no OrganizationId');
    const notifications = this.drafts.map(({ id, type, fields }) => ({
      organizationId,
      notificationId: id,
      objectType: type,
      fields,
    }));
    return { organizationId, notifications };
  }
}

/** Most fields are of the record itself. */
const fieldName = (elements: readonly string[]): string =>
  (elements.length === IN_RECORD + 1 ? elements[IN_RECORD] : undefined) ??
  elements.slice(IN_RECORD).join('.');
