import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** A client of PostgreSQL that nobody listens to ends the process when its session is lost. */
const CHECK_OUT = 'Use withClient, withTransaction or withConnection of src/database/client.ts';
/** Each of these has a file of its own, which sees to the 'error' events. */
const OF_POSTGRES = [
  { selector: "CallExpression[callee.property.name='connect'][arguments.length=0]", message: CHECK_OUT },
  { selector: "NewExpression[callee.object.name='pg'][callee.property.name='Client']", message: CHECK_OUT },
  {
    selector: "NewExpression[callee.object.name='pg'][callee.property.name='Pool']",
    message: 'Use createPool or createLogPool of src/database/database.ts',
  },
  {
    selector: "NewExpression[callee.name='DataSource']",
    message: 'Use openDataSource of src/database/data-source.ts',
  },
];
const VALUES_OF_PG = {
  name: 'pg',
  importNames: ['Client', 'Pool'],
  allowTypeImports: true,
  message: CHECK_OUT,
};

/** One lifecycle, each with every call and its answer: a reader looks for a case here. */
const LONG_SPECS = [
  'src/commands/opportunities.controller.spec.ts',
  'src/intake/kafka/kafka-collector.spec.ts',
  'src/subscriptions/runner.spec.ts',
];

export default defineConfig(
  globalIgnores(['dist/', 'src/proto/', 'coverage/', '.touchline/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A position, a count or a port in a message needs no String(…).
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      // Nest's modules are classes whose decorator is their content.
      '@typescript-eslint/no-extraneous-class': [
        'error',
        { allowWithDecorator: true, allowStaticOnly: true },
      ],
      // `||` is how an empty text counts as missing.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      // The answers of the API are classes only for their decorators: a copy without the prototype is the same answer.
      '@typescript-eslint/no-misused-spread': 'off',
      // `row['x']` tells that the name is data: an environment variable, a field of somebody's JSON.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // An options class of a framework is an interface to its callers.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'max-lines': ['error', 250] },
  },
  {
    // Cases around one set-up belong together.
    files: ['**/*.spec.ts'],
    ignores: LONG_SPECS,
    rules: { 'max-lines': ['error', 400] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'src/kafka/kafkajs/**', 'src/database/{client,database,data-source}.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...OF_POSTGRES],
      '@typescript-eslint/no-restricted-imports': ['error', { paths: [VALUES_OF_PG] }],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A fake answers at once what the real one promises; a setup that failed leaves undefined behind.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Matchers and parsed answers are any by their types; the expectation is what checks them.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.{mjs,cjs}'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        setInterval: 'readonly',
        setTimeout: 'readonly',
        module: 'writable',
        fetch: 'readonly',
      },
    },
  },
);
