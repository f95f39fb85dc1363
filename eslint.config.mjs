import eslint from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-plugin-prettier/recommended';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'labextension/lib',
      'labextension/src/api/openapi.ts',
      'node_modules',
      'jupyter_jobqueue'
    ]
  },
  eslint.configs.recommended,
  ...tseslint.configs.recommended,
  { plugins: { jupyter }, rules: jupyter.configs.recommended.rules },
  prettier,
  {
    files: ['labextension/{src,test}/**/*.{ts,tsx}'],
    languageOptions: {
      parserOptions: {
        project: './labextension/tsconfig.test.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      curly: ['error', 'all'],
      eqeqeq: 'error'
    }
  },
  {
    files: ['labextension/test/*.mjs'],
    languageOptions: { globals: globals.node }
  },
  { files: ['**/style/*.js'], languageOptions: { globals: {} } }
);
