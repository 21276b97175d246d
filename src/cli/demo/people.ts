import { Random } from './random.js';

export interface Account {
  /** The CRM's id. */
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly industry: string;
  readonly employees: number;
  readonly country: string;
  /** The tracker sends the company (Segment `group`); for others only the e-mail domain is known. */
  readonly described: boolean;
  readonly people: Person[];
}

export type Role = 'economic' | 'technical' | 'champion' | 'other';

export interface Person {
  readonly id: string;
  readonly account: Account;
  readonly name: string;
  readonly email: string;
  readonly title: string;
  readonly role: Role;
  /** Anonymous ids of their browsers. */
  readonly devices: readonly string[];
  readonly agent: string;
  /** How much they look around without any purchase in mind, around 1. */
  readonly curiosity: number;
  /** Fills in a form some day. */
  readonly open: boolean;
}

const FIRST =
  'Ada,Amir,Anna,Ben,Carla,Chen,Chloe,Daniel,David,Elena,Emil,Erik,Fatima,Felix,Frank,Grace,Hana,Henrik,Ines,Isaac,Jana,James,Jonas,Julia,Karim,Karen,Laura,Leo,Lena,Lucas,Maria,Mark,Mei,Michael,Mina,Nadia,Noah,Nora,Oliver,Omar,Paul,Petra,Priya,Rachel,Rafael,Robert,Rosa,Ruth,Sam,Sara,Simon,Sofia,Stefan,Susan,Tara,Thomas,Tom,Uma,Vera,Victor,Walter,Wendy,Yara,Yusuf,Zoe'.split(
    ',',
  );
const LAST =
  'Abbott,Ahmed,Albrecht,Anderson,Baker,Bauer,Becker,Bennett,Berg,Brown,Carter,Castro,Clark,Collins,Cooper,Costa,Dahl,Davies,Diaz,Dubois,Evans,Fischer,Foster,Fuchs,Garcia,Gomez,Graham,Gupta,Hall,Hansen,Hoffmann,Hughes,Ito,Jansen,Jensen,Johnson,Kaur,Keller,Khan,Kim,Klein,Kowalski,Lang,Larsen,Lee,Lopez,Martin,Mayer,Meyer,Miller,Moore,Moreau,Murphy,Nakamura,Neumann,Nguyen,Novak,Olsen,Patel,Park,Reed,Richter,Rossi,Sato,Schmidt,Schulz,Silva,Singh,Smith,Taylor,Turner,Visser,Wagner,Walsh,Weber,White,Wilson,Wolf,Wong,Young'.split(
    ',',
  );
const PLACES =
  'Alder,Amber,Ash,Birch,Black,Blue,Bright,Cedar,Clear,Copper,Crow,Delta,East,Elm,Falcon,Fern,Fox,Glen,Golden,Granite,Green,Grey,Harbor,Hazel,High,Iron,Juniper,Kings,Lake,Lark,Maple,Marsh,Mill,Moor,North,Oak,Pine,Quarry,Raven,Red,River,Rock,Rose,Sable,Silver,South,Stone,Swan,Thorn,Timber,Vale,West,White,Willow,Wind'.split(
    ',',
  );
const ENDS =
  'bridge,brook,burn,crest,dale,field,ford,gate,haven,hill,ley,mere,mont,point,port,ridge,side,ton,view,water,well,wick,wood'.split(
    ',',
  );

const INDUSTRIES: readonly (readonly [[industry: string, suffixes: string[]], number])[] = [
  [['Food and beverage', ['Foods', 'Dairies', 'Beverages']], 22],
  [['Automotive', ['Components', 'Motion', 'Castings']], 18],
  [['Metals', ['Steel', 'Metals', 'Foundry']], 14],
  [['Packaging and paper', ['Paper', 'Packaging']], 12],
  [['Chemicals', ['Chemicals', 'Coatings']], 12],
  [['Plastics', ['Plastics', 'Polymers']], 8],
  [['Pharma', ['Pharma', 'Labs']], 8],
  [['Building materials', ['Cement', 'Glass']], 6],
];

const COUNTRIES: readonly (readonly [string, number])[] = [
  ['US', 52], ['DE', 16], ['GB', 9], ['CA', 7], ['FR', 5], ['NL', 4], ['SE', 3], ['IT', 2], ['PL', 2],
]; // prettier-ignore

const TITLES: Readonly<Record<Role, readonly string[]>> = {
  economic: ['VP Operations', 'COO', 'CFO', 'Head of Operations', 'VP Manufacturing', 'Head of Procurement', 'Managing Director'],
  technical: ['Automation Engineer', 'Reliability Engineer', 'IT Architect', 'Controls Engineer', 'CIO', 'Data Engineer'],
  champion: ['Maintenance Manager', 'Operations Manager', 'Reliability Lead', 'Plant Manager', 'Maintenance Coordinator'],
  other: ['Maintenance Planner', 'Shift Supervisor', 'Technician', 'Student', 'Consultant'],
}; // prettier-ignore

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
];

/** The companies and their people, `people` in all and one company for about eight of them. */
export function population(prefix: string, people: number): Account[] {
  const accounts = companies(prefix, Math.max(4, Math.round(people * 0.12)));
  const random = new Random(`${prefix} people`);
  const taken = new Set<string>();
  const shares = accounts.map((account) => [account, Math.sqrt(account.employees)] as const);
  for (let number = 1; number <= people; number++) {
    // The first people are assigned round robin, so that every company can have a buying committee.
    const account = accounts[Math.floor((number - 1) / 3)] ?? random.weighted(shares);
    account.people.push(person(`${prefix}-${String(number).padStart(4, '0')}`, account, taken));
  }
  return accounts;
}

function companies(prefix: string, count: number): Account[] {
  const random = new Random(`${prefix} companies`);
  const taken = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const [industry, suffixes] = random.weighted(INDUSTRIES);
    let name: string;
    do name = `${random.pick(PLACES)}${random.pick(ENDS)} ${random.pick(suffixes)}`;
    while (taken.has(name));
    taken.add(name);
    return {
      id: `${prefix}-acc-${String(index + 1).padStart(3, '0')}`,
      ...{ name, industry, domain: `${name.toLowerCase().replace(' ', '-')}.example` },
      employees: Math.round(random.logNormal(600, 1.1) / 10) * 10 + 20,
      country: random.weighted(COUNTRIES),
      described: random.chance(0.85),
      people: [],
    };
  });
}

function person(id: string, account: Account, taken: Set<string>): Person {
  const random = new Random(id);
  const [first, last] = [random.pick(FIRST), random.pick(LAST)];
  const plain = `${first}.${last}`.toLowerCase();
  let email = `${plain}@${account.domain}`;
  for (let twin = 2; taken.has(email); twin++) email = `${plain}${twin}@${account.domain}`;
  taken.add(email);
  const role = account.people.length < 3 ? (['champion', 'economic', 'technical'] as const)[account.people.length] ?? 'other'
    : random.weighted<Role>([['economic', 18], ['technical', 30], ['champion', 34], ['other', 18]]); // prettier-ignore
  return {
    ...{ id, account, name: `${first} ${last}`, email, role },
    title: random.pick(TITLES[role]),
    devices: devicesOf(random, account),
    agent: random.pick(AGENTS),
    curiosity: random.logNormal(0.75, 0.7),
    open: random.chance(0.62),
  };
}

/** One or two browsers; one in twenty-five sits at a computer that a colleague uses, too. */
function devicesOf(random: Random, { people }: Account): string[] {
  const own = Array.from({ length: random.chance(0.3) ? 2 : 1 }, () => `a-${random.hex(16)}`);
  const shared = people.length > 3 && random.chance(0.04) ? people.at(-1)?.devices[0] : undefined;
  return shared === undefined ? own : [shared];
}
