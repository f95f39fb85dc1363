import { changed, groups, part, uiSchema } from '../../src/newcluster/schema';
import type { ISchema } from '../../src/api/types';
import { SCHEMA, trans } from '../utils';

const text = { type: 'string' as const };
const lines = { type: 'array' as const, items: text };

/** A schema of these options, all of them behind *More options*. */
function schemaOf(properties: ISchema['properties']): ISchema {
  return { type: 'object', properties };
}

describe('#part()', () => {
  it('should keep the options of the main form in order', () => {
    expect(Object.keys(part(SCHEMA, 'main').properties)).toEqual([
      'cores',
      'memory'
    ]);
  });

  it('should put what belongs nowhere behind More options', () => {
    expect(Object.keys(part(SCHEMA, 'more').properties)).toEqual([
      'account',
      'nice'
    ]);
  });
});

describe('#changed()', () => {
  const schema: ISchema = {
    type: 'object',
    properties: {
      cores: { type: 'integer', default: 4 },
      memory: { type: 'string' },
      directives: { type: 'array', default: ['-x'] }
    }
  };

  it('should keep only what differs from the profile', () => {
    const data = { cores: 2, memory: '4 GiB', directives: ['-x'] };
    expect(changed(data, schema)).toEqual({ cores: 2, memory: '4 GiB' });
  });

  it('should keep what is false or zero', () => {
    expect(changed({ cores: 0 }, schema)).toEqual({ cores: 0 });
  });

  it('should compare lists by what is in them', () => {
    expect(changed({ directives: ['-x', '-y'] }, schema)).toEqual({
      directives: ['-x', '-y']
    });
  });

  it('should keep nothing of nothing', () => {
    expect(changed(undefined, schema)).toEqual({});
    expect(changed({ memory: undefined } as never, schema)).toEqual({});
  });
});

describe('#groups()', () => {
  const summary = (schema: ISchema): [string, string[]][] =>
    groups(schema, trans).map(each => [
      each.title,
      Object.keys(each.schema.properties)
    ]);

  it('should put the options under what they are about', () => {
    const names = [
      'log_directory',
      'python',
      'lsf_units',
      'shebang',
      'budget',
      'job_mem'
    ];
    const schema = schemaOf(
      Object.fromEntries(names.map(name => [name, text]))
    );
    expect(summary({ ...schema, title: 'LSF' })).toEqual([
      ['LSF', ['lsf_units', 'job_mem']],
      ['Limits', ['budget']],
      ['Workers', ['python']],
      ['Folders', ['log_directory']],
      ['Job script', ['shebang']]
    ]);
  });

  it('should leave out the main options, and groups of none', () => {
    const main = { ...text, 'x-group': 'main' as const };
    expect(summary(schemaOf({ python: main, account: text }))).toEqual([
      ['Batch system', ['account']]
    ]);
  });
});

describe('#uiSchema()', () => {
  it.each([
    ['an example', { ...text, examples: ['1 GB', '2 GB'] }, '1 GB'],
    ['nothing', text, ''],
    [
      'that a choice is not made',
      { ...text, enum: ['a'], examples: ['a'] },
      'not set'
    ]
  ])('should show %s in an empty field', (_, property, shown) => {
    const ui = uiSchema(schemaOf({ field: property }), trans);
    expect(ui).toEqual({ field: { 'ui:placeholder': shown } });
  });

  it('should show an example in each line of a list', () => {
    const schema = schemaOf({ field: { ...lines, examples: ['A = 1'] } });
    expect(uiSchema(schema, trans)).toEqual({
      field: { items: { 'ui:placeholder': 'A = 1', 'ui:emptyValue': '' } }
    });
  });
});

describe('#prepared', () => {
  const choices = (preset?: string): unknown =>
    part(
      schemaOf({ queue: { ...text, enum: ['a', 'b'], default: preset } }),
      'more'
    ).properties.queue.enum;

  it.each([[undefined], ['a']])(
    'should keep the choices when %s is set',
    it => {
      expect(choices(it)).toEqual(['a', 'b']);
    }
  );

  it('should offer what the profile sets besides', () => {
    expect(choices('a,b')).toEqual(['a,b', 'a', 'b']);
  });
});
