// `node .ci/manifests.mjs SCHEMAS < rendered.yaml`: every object against the strict JSON schema of its kind, and against
// the others: who is selected, scaled or taken settings from must be there. SCHEMAS is a folder of Kubernetes' schemas.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const [folder = ''] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(read('_definitions'), '/api/_definitions.json');

const validators = new Map();

const objects = parseAllDocuments(readFileSync(0, 'utf8')).map((document) => document.toJS());
const faults = [...objects.flatMap(againstSchema), ...objects.flatMap(againstOthers)];
for (const fault of faults) console.error(fault);
console.log(`${objects.length} objects, ${faults.length} faults`);
process.exit(objects.length > 0 && faults.length === 0 ? 0 : 1);

function nameOf({ kind, metadata }) {
  return `${kind} ${metadata?.name}`;
}

function againstSchema(object) {
  const [version, group] = object.apiVersion.split('/').reverse();
  const kind = object.kind.toLowerCase();
  const validate = validatorOf([kind, group?.replace(/\.k8s\.io$/, ''), version].filter(Boolean).join('-'));
  if (validate(object)) return [];
  return validate.errors.map(
    ({ instancePath, message, params }) =>
      `${nameOf(object)} ${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function validatorOf(name) {
  const validator = validators.get(name) ?? ajv.compile(read(name));
  validators.set(name, validator);
  return validator;
}

function againstOthers(object) {
  const missing = (what, there) => (there ? [] : [`${nameOf(object)}: there is no ${what}`]);
  const { spec = {} } = object;
  const template = object.kind === 'Deployment' ? spec.template.spec : undefined;
  return [
    ...(spec.scaleTargetRef
      ? missing(nameOf({ ...spec.scaleTargetRef, metadata: spec.scaleTargetRef }), find(spec.scaleTargetRef))
      : []),
    ...(selectorOf(object)
      ? missing(
          'pod that it selects',
          pods().some((labels) => selects(selectorOf(object), labels)),
        )
      : []),
    ...(template?.containers ?? []).flatMap(({ envFrom = [] }) =>
      envFrom.flatMap(({ configMapRef, secretRef }) =>
        configMapRef
          ? missing(`ConfigMap ${configMapRef.name}`, find({ kind: 'ConfigMap', ...configMapRef }))
          : missing(`Secret ${secretRef.name}`, find({ kind: 'Secret', ...secretRef })),
      ),
    ),
    ...(object.kind === 'Ingress' ? backends(spec) : []).flatMap(({ service }) =>
      missing(`port ${service.port.name} of Service ${service.name}`, portOf(service)),
    ),
  ];
}

function find({ kind, name }) {
  return objects.some((other) => other.kind === kind && other.metadata.name === name);
}

function pods() {
  return objects.flatMap(({ kind, spec }) => (kind === 'Deployment' ? [spec.template.metadata.labels] : []));
}

function selectorOf({ kind, spec }) {
  if (kind === 'Service') return { matchLabels: spec.selector };
  return kind === 'NetworkPolicy' ? spec.podSelector : spec?.selector;
}

function selects({ matchLabels = {}, matchExpressions = [] }, labels) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key]))
  );
}

function backends({ rules }) {
  return rules.flatMap(({ http }) => http.paths.map(({ backend }) => backend));
}

function portOf({ name, port }) {
  const service = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name);
  return service?.spec.ports.some((one) => one.name === port.name);
}
