import js from '@eslint/js';
import safeql from '@ts-safeql/eslint-plugin/config';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

// `npm run lint` starts a Postgres with the migrated schema and names it here (test/support/withDatabase.ts).
const databaseUrl = process.env['LINT_DATABASE_URL'];
if (databaseUrl === undefined) throw new Error('Run the linter with: npm run lint');

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', '*.config.js', '.dependency-cruiser.cjs', '**/*.gen.ts'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'max-lines': ['error', 300],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/dot-notation': 'off',
      // Methods of our factories close over their state and use no `this`, which the rule can't know from an interface.
      '@typescript-eslint/unbound-method': 'off',
      // What a closure or an abort signal changes between two looks is narrowed away by the compiler.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Strings are spread into code points on purpose.
      '@typescript-eslint/no-misused-spread': 'off',
      'no-restricted-syntax': [
        'error',
        {
          // SafeQL can check what stands in the call itself, and only that.
          selector:
            "CallExpression[callee.property.name='query'] > TaggedTemplateExpression.arguments > Identifier.tag[name!='sql']",
          message: 'Write db.query(sql`…`).',
        },
      ],
    },
  },
  safeql.configs.connections({
    databaseUrl,
    overrides: {
      types: {
        timestamptz: 'Date',
        bytea: { parameter: { regex: 'Buffer(<.*>)?' }, return: 'Buffer' },
        jsonb: 'unknown',
        uuid: 'string',
        int8: 'string',
      },
    },
    targets: [{ wrapper: '+(*db|*tx|*client|*connection|*queryable).query', maxDepth: 3, transform: '{type}' }],
  }),
  {
    // Read by any Node, and so CommonJS, and ES5 as far as the version is not known.
    ...tseslint.configs.disableTypeChecked,
    files: ['bin/*.cjs'],
    languageOptions: {
      parserOptions: { projectService: false },
      globals: {
        require: 'readonly',
        module: 'writable',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
      },
    },
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      '@typescript-eslint/no-require-imports': 'off',
      'no-var': 'off',
    },
  },
  {
    files: ['test/**', 'bench/**', 'examples/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      // Matchers such as expect.any() are typed any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  prettier,
);
