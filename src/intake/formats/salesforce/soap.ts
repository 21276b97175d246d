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
  parser.on('opentag', ({ name, attributes }) => reading.open(name, attributes));
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
  readonly fields: Map<string, string | null>;
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
  /** The element just closed held others. */
  private isParent = false;

  open(qualified: string, attributes: Readonly<Record<string, string>>): void {
    const { elements } = this;
    const name = localName(qualified);
    const isNext = this.onPath === elements.length && RECORD[this.onPath] === name;
    if (elements.push(name) > MAX_DEPTH) fail(`The body has more than ${MAX_DEPTH} levels`);
    this.text = '';
    this.isParent = false;
    this.isNil = attributeNamed(attributes, 'nil') === 'true';
    if (!isNext) return;
    this.onPath += 1;
    if (this.onPath === IN_NOTIFICATION) this.drafts.push({ id: '', type: '', fields: new Map() });
    const draft = this.drafts.at(-1);
    if (this.onPath === IN_RECORD && draft) draft.type = localName(attributeNamed(attributes, 'type') ?? '');
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
      if (draft && !this.isParent) this.addField(draft, elements.slice(IN_RECORD).join('.'), text);
    } else if (onPath === depth && onPath === IN_NOTIFICATION && name === 'Id' && draft) draft.id = text;
    else if (onPath === depth && onPath === IN_MESSAGE && name === 'OrganizationId')
      this.organizationId = text;
    elements.pop();
    this.onPath = Math.min(onPath, depth);
    this.text = '';
    this.isParent = true;
  }

  private addField({ fields }: Draft, name: string, text: string): void {
    if (fields.size >= MAX_FIELDS) fail(`A record has more than ${MAX_FIELDS} fields`);
    fields.set(name, this.isNil || text === '' ? null : text);
  }

  get message(): OutboundMessage {
    const { organizationId } = this;
    if (organizationId === '') fail('The body is not an outbound message: it has no OrganizationId');
    const notifications = this.drafts.map(({ id, type, fields }) => ({
      ...{ organizationId, notificationId: id, objectType: type },
      fields: Object.fromEntries(fields),
    }));
    return { organizationId, notifications };
  }
}

function attributeNamed(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  for (const each in attributes) if (localName(each) === name) return attributes[each];
  return undefined;
}
