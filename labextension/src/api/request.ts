import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { IErrorBody } from './types';

/** An error response of the server. */
export class RequestError extends Error {
  /**
   * @param message - One sentence.
   * @param status - HTTP status.
   * @param field - The field of the request that caused it, such as `options.cores`.
   * @param details - The output of the batch system.
   */
  constructor(
    message: string,
    readonly status: number,
    readonly field = '',
    readonly details = ''
  ) {
    super(message);
  }
}

/**
 * Send a request to the server extension.
 *
 * @param settings - The server settings of the application.
 * @param path - Path below `jobqueue/api`.
 * @param init - Method and body.
 */
export async function request<T>(
  settings: ServerConnection.ISettings,
  path: string,
  init: RequestInit = {}
): Promise<T> {
  const url = URLExt.join(settings.baseUrl, 'jobqueue/api', path);
  const response = await ServerConnection.makeRequest(url, init, settings);
  const text = await response.text();
  if (!response.ok) {
    throw errorOf(response, text);
  }
  return (text ? JSON.parse(text) : undefined) as T;
}

function errorOf(response: Response, text: string): RequestError {
  let body: Partial<IErrorBody> = {};
  try {
    body = JSON.parse(text) ?? {};
  } catch {
    // A proxy in between may answer with an HTML page.
  }
  return new RequestError(
    body.message || `${response.status} ${response.statusText}`,
    response.status,
    body.field,
    body.details
  );
}
