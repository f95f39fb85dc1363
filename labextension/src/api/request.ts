import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** An answer of the server that is an error. */
export class RequestError extends Error {
  /**
   * @param message - One sentence.
   * @param status - HTTP status.
   * @param field - The part of the input at fault, such as `options.cores`.
   * @param details - The batch system's own words.
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
 * Ask the server extension.
 *
 * @param settings - The application's server settings.
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
    throw refusal(response, text);
  }
  return (text ? JSON.parse(text) : undefined) as T;
}

function refusal(response: Response, text: string): RequestError {
  let said: { message?: string; field?: string; details?: string } = {};
  try {
    said = JSON.parse(text) ?? {};
  } catch {
    // A proxy in between may answer with a page.
  }
  return new RequestError(
    said.message || `${response.status} ${response.statusText}`,
    response.status,
    said.field,
    said.details
  );
}
