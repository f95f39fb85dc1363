import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { UiSchema } from '@rjsf/utils';

import type { ISchema } from '../api/types';

type Property = ISchema['properties'][string];

/** A titled part of a schema. */
export interface IGroup {
  id: string;
  title: string;
  schema: ISchema;
}

/** The options that every batch system has, by topic. */
const TOPICS: Record<string, readonly string[]> = {
  limits: [
    'allowed_failures',
    'max_jobs',
    'max_pending',
    'max_submissions',
    'job_arrays',
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

/** Adapt a property to the form. */
function prepared(property: Property): Property {
  const { default: preset, enum: choices } = property;
  if (property.type === 'array') {
    // The form turns an empty line into null, which is not a valid text.
    return { ...property, items: { type: 'string', default: '' } };
  }
  // The queue of a profile may be missing in the list: it is hidden, or it is several queues at once.
  return choices && preset !== undefined && !choices.includes(preset)
    ? { ...property, enum: [preset, ...choices] }
    : property;
}

function select(
  schema: ISchema,
  isSelected: (name: string, property: Property) => boolean
): ISchema {
  const chosen = Object.entries(schema.properties)
    .filter(([name, property]) => isSelected(name, property))
    .map(([name, property]) => [name, prepared(property)]);
  return { type: 'object', properties: Object.fromEntries(chosen) };
}

/** The part of a schema that the form shows at once (`main`), or under *More options* (`more`). */
export function part(schema: ISchema, group: 'main' | 'more'): ISchema {
  return select(
    schema,
    (_, property) => (property['x-group'] ?? 'more') === group
  );
}

/** The options under *More options* by topic; those of the batch system itself come first. */
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

/** Show an example in each empty field, and a first choice that sets nothing. */
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

/** Keep the values that differ from the profile; the server fills in the rest. */
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
