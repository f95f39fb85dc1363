import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { UiSchema } from '@rjsf/utils';

import type { ISchema } from '../tokens';

type Property = ISchema['properties'][string];

/** Some options of a schema, under a title of their own. */
export interface IGroup {
  id: string;
  title: string;
  schema: ISchema;
}

/** Options that every batch system has, by what they are about. */
const TOPICS: Record<string, readonly string[]> = {
  limits: [
    'allowed_failures',
    'max_jobs',
    'max_pending',
    'max_submissions',
    'budget',
    'idle_timeout',
    'max_age'
  ],
  workers: [
    'python',
    'interface',
    'nanny',
    'death_timeout',
    'worker_command',
    'worker_extra_args'
  ],
  folders: ['local_directory', 'shared_temp_directory', 'log_directory'],
  script: [
    'job_name',
    'shebang',
    'job_script_prologue',
    'job_script_epilogue',
    'job_extra_directives',
    'job_directives_skip'
  ]
};

/** Make of a property what the form needs. */
function prepared(property: Property): Property {
  const { default: preset, enum: choices } = property;
  if (property.type === 'array') {
    // An empty line is a text like any other; the form would make it none, which is no text.
    return { ...property, items: { type: 'string', default: '' } };
  }
  // A queue that the profile sets may be hidden from the list, or be several at once.
  return choices && preset !== undefined && !choices.includes(preset)
    ? { ...property, enum: [preset, ...choices] }
    : property;
}

function select(
  schema: ISchema,
  isWanted: (name: string, property: Property) => boolean
): ISchema {
  const chosen = Object.entries(schema.properties)
    .filter(([name, property]) => isWanted(name, property))
    .map(([name, property]) => [name, prepared(property)]);
  return { type: 'object', properties: Object.fromEntries(chosen) };
}

/** The part of a schema that a form shows at once, or behind *More options*. */
export function part(schema: ISchema, group: 'main' | 'more'): ISchema {
  return select(
    schema,
    (_, property) => (property['x-group'] ?? 'more') === group
  );
}

/** What is behind *More options*, by what it is about; the batch system's own options first. */
export function groups(schema: ISchema, trans: TranslationBundle): IGroup[] {
  const titles: Record<string, string> = {
    own: schema.title ?? trans.__('Batch system'),
    limits: trans.__('Limits'),
    workers: trans.__('Workers'),
    folders: trans.__('Folders'),
    script: trans.__('Job script')
  };
  const more = part(schema, 'more');
  const topic = (name: string) =>
    Object.keys(TOPICS).find(each => TOPICS[each].includes(name)) ?? 'own';
  return Object.entries(titles)
    .map(([id, title]) => ({
      id,
      title,
      schema: select(more, name => topic(name) === id)
    }))
    .filter(group => Object.keys(group.schema.properties).length);
}

/** Show an example in an empty field; an empty choice is none. */
export function uiSchema(
  schema: ISchema,
  trans: TranslationBundle
): UiSchema<ReadonlyJSONObject> {
  const hint = ({ enum: choices, examples }: Property): string =>
    choices ? trans.__('not set') : String((examples as unknown[])?.[0] ?? '');
  const fields = Object.entries(schema.properties).map(([name, property]) => {
    const shown = { 'ui:placeholder': hint(property) };
    return property.type === 'array'
      ? [name, { items: { ...shown, 'ui:emptyValue': '' } }]
      : [name, shown];
  });
  return Object.fromEntries(fields);
}

/** Keep what differs from the profile: the rest is the server's to fill in. */
export function changed(
  data: ReadonlyJSONObject | undefined,
  schema: ISchema
): Record<string, unknown> {
  const given = Object.entries(data ?? {}).filter(([name, value]) => {
    const standard = schema.properties[name]?.default;
    return (
      value !== undefined && JSON.stringify(value) !== JSON.stringify(standard)
    );
  });
  return Object.fromEntries(given);
}
