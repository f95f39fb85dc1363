import { circles, readSources, SOURCE_ROOT, upwardImports } from './layers';

describe('the files of the front end', () => {
  const sources = readSources(SOURCE_ROOT);

  it('should all be read', () => {
    expect(Object.keys(sources)).toEqual(
      expect.arrayContaining(['index', 'tokens', 'api/api', 'panel/panel'])
    );
  });

  it('should import each other in no circle', () => {
    expect(circles(sources)).toEqual([]);
  });

  it('should import from lower layers only', () => {
    expect(upwardImports(sources)).toEqual([]);
  });
});

describe('#circles()', () => {
  it.each([
    ['an import', "import { a } from '../api/a';"],
    ['an import of a type', "import type { A } from '../api/a';"],
    ['an inline import of a type', 'type A = import("../api/a").A;'],
    ['a dynamic import', "const a = import('../api/a');"],
    ['an export', "export * from '../api/a';"]
  ])('should find one that is closed by %s', (_, text) => {
    const sources = {
      'api/a': "import { b } from './b';",
      'api/b': "import { c } from '../model/c';",
      'model/c': text
    };
    expect(circles(sources)).toEqual(['api/a > api/b > model/c > api/a']);
  });

  it('should find a file that imports itself', () => {
    expect(circles({ 'api/a': "import './a';" })).toEqual(['api/a > api/a']);
  });

  it('should find none where two ways lead to the same file', () => {
    const sources = {
      'api/a': "import './b'; import './c';",
      'api/b': "import './c';",
      'api/c': "import 'react';"
    };
    expect(circles(sources)).toEqual([]);
  });
});

describe('#upwardImports()', () => {
  it('should find an import from a higher layer', () => {
    const sources = {
      'api/a': "import type { B } from '../panel/b';",
      'panel/b': ''
    };
    expect(upwardImports(sources)).toEqual(['api/a > panel/b']);
  });

  it('should find an import from another folder of the same layer', () => {
    const sources = { 'panel/a': "import '../dialogs/b';", 'dialogs/b': '' };
    expect(upwardImports(sources)).toEqual(['panel/a > dialogs/b']);
  });

  it('should allow the same folder and lower layers', () => {
    const sources = {
      'panel/a': "import './b'; import '../tokens';",
      'panel/b': "import '../api/c';",
      'api/c': '',
      tokens: "import '../api/c';"
    };
    expect(upwardImports(sources)).toEqual([]);
  });

  it('should not know a folder without a layer', () => {
    const sources = { 'new/a': "import '../api/b';", 'api/b': '' };
    expect(() => upwardImports(sources)).toThrow('new/a is in no layer');
  });
});
