import { gzipSync } from 'zlib';

import { expect, Panel, test } from './lab';
import type { Lab } from './lab';

/** Bytes after gzip, as in labextension/test/pageload.mjs. */
const LIMIT = 25_000;

const STATIC = '/lab/extensions/jupyter-jobqueue/static/';

test('little is loaded with the page, and the form with the first click', async ({
  page
}) => {
  const sizes: Promise<number>[] = [];
  page.on('response', response => {
    if (response.url().includes(STATIC)) {
      sizes.push(response.body().then(body => gzipSync(body).length));
    }
  });
  const total = async (): Promise<number> =>
    (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await page.reload();
  const panel = new Panel(page as Lab);
  await panel.open();
  const atPageLoad = await total();
  expect(sizes.length).toBeGreaterThan(2);
  expect(atPageLoad).toBeGreaterThan(10_000);
  expect(atPageLoad).toBeLessThan(LIMIT);
  await panel.newCluster();
  expect(await total()).toBeGreaterThan(atPageLoad);
});
