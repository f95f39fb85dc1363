const jestJupyterLab = require('@jupyterlab/testutils/lib/jest-config');

/** Packages that ship ES modules only. */
const esModules = [
  '@codemirror',
  '@jupyter',
  '@jupyterlab/',
  '@microsoft',
  '@rjsf',
  'exenv-es6',
  'lib0',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

const base = jestJupyterLab(__dirname);
/** One file at a time: types are checked by `jlpm lint:check`. */
const { compilerOptions } = require('./labextension/tsconfig.json');
const tsconfig = {
  ...compilerOptions,
  composite: false,
  incremental: false,
  isolatedModules: true
};

module.exports = {
  ...base,
  automock: false,
  collectCoverageFrom: ['labextension/src/**/*.{ts,tsx}'],
  coverageDirectory: 'coverage',
  coverageReporters: ['lcov', 'text'],
  reporters: ['default', 'github-actions'],
  // Only what belongs to the tests: copies of package.json elsewhere would collide.
  roots: ['<rootDir>/labextension/src', '<rootDir>/labextension/test'],
  testRegex: 'labextension/test/.*\\.spec\\.tsx?$',
  setupFilesAfterEnv: ['<rootDir>/labextension/test/setup.ts'],
  transform: {
    ...base.transform,
    '^.+\\.tsx?$': ['ts-jest/legacy', { tsconfig }]
  },
  transformIgnorePatterns: [`/node_modules/(?!${esModules}).+`]
};
