/**
 * Short names for what the server sends and accepts. The fields come from its OpenAPI document by way
 * of `openapi.ts`: if one changes there, everything here that uses it fails the type check.
 */
import type { JSONSchema7 } from 'json-schema';

import type { components } from './openapi';

type Schemas = components['schemas'];

export type ICluster = Schemas['Cluster'];
export type IJob = Schemas['Job'];
export type ILog = Schemas['Log'];
export type INotice = Schemas['Notice'];
export type IProfile = Schemas['Profile'];
export type IScript = Schemas['JobScript'];

/** The state of a cluster; only events mention `closed`. */
export type ClusterState = ICluster['state'] | 'closed';
export type JobState = IJob['state'];
/** The limits between which a cluster scales by itself. */
export type IRange = NonNullable<ICluster['adapt']>;
/** One step of the adaptive policy. */
export type IDecision = ICluster['decisions'][number];
/** An unusual event in the life of a cluster. */
export type INote = ICluster['notes'][number];
/** Which output of a job. */
export type Stream = ILog['stream'];

/** A request for a job script. */
export type IPreviewRequest = Schemas['Preview'];
/** A request for a new cluster. */
export type ICreateRequest = Schemas['Create'];
/** The body of an error response. */
export type IErrorBody = Schemas['Error'];

/** The options of a batch system, as a JSON schema that draws the form. */
export interface ISchema extends JSONSchema7 {
  properties: Record<string, JSONSchema7 & { 'x-group'?: 'main' | 'more' }>;
}
