import {
  connect,
  cutOff,
  expect,
  keep,
  notebook,
  Panel,
  Queue,
  run,
  shot,
  test
} from './lab';

const WORK = `import dask.array as da

x = da.random.random((20_000, 2_000), chunks=(2_000, 2_000))
x.std(axis=0).mean().compute()`;

test.afterAll(async ({ request }) => new Queue(request).removeAll());

test('nothing is cut off in a panel 250 pixels wide', async ({
  page,
  panel,
  queue
}) => {
  const name = 'a-name-that-somebody-chose-and-that-is-far-too-long';
  await queue.create({ name, jobs: 2 });
  await queue.post({
    name: 'hasty',
    options: { cores: 1, memory: '500 MiB', walltime: 'soon' }
  });
  await expect(panel.card('hasty')).toHaveAttribute('data-state', 'degraded');
  await panel.ready(name, 2);
  for (const each of [name, 'hasty']) {
    await panel.card(each).locator('[data-action=jobs]').click();
  }
  await expect(panel.card(name).locator('tr[data-state=running]')).toHaveCount(
    2
  );
  await page.sidebar.setWidth(250);
  await expect
    .poll(async () => (await panel.root.boundingBox())?.width)
    .toBeLessThanOrEqual(251);
  await shot(page, 'narrow');
  expect(await cutOff(panel.root)).toEqual([]);
  await page.sidebar.setWidth(400);
  expect(await cutOff(panel.root)).toEqual([]);
  await shot(page, 'wide');
});

test('without the server extension the panel says what to install', async ({
  page
}) => {
  const body = '{"message": "Not Found", "reason": null}';
  await page.route('**/jobqueue/api/**', route =>
    route.fulfill({ status: 404, body })
  );
  const panel = new Panel(page);
  await panel.open();
  await expect(panel.root).toContainText('pip install jupyter-jobqueue');
  await shot(page, 'no-server-extension');
});

test('a request without the XSRF token is refused', async ({ page, panel }) => {
  await expect(panel.root).toBeVisible();
  const status = await page.evaluate(async () => {
    const answer = await fetch('/jobqueue/api/clusters', {
      method: 'POST',
      body: '{}'
    });
    return answer.status;
  });
  expect(status).toBe(403);
});

test('the picture for the README', async ({ page, panel, queue }) => {
  await queue.removeAll();
  await queue.create({ name: 'analysis', jobs: 3 });
  await panel.ready('analysis', 3);
  await panel.card('analysis').locator('[data-action=jobs]').click();
  await page.sidebar.setWidth(360);
  await notebook(page, ['']);
  const launcher = page.locator('.lm-TabBar-tab', { hasText: 'Launcher' });
  await launcher.locator('.lm-TabBar-tabCloseIcon').click();
  await panel.card('analysis').locator('[data-action=clientCode]').click();
  await connect(page);
  const result = await run(page, WORK);
  await expect(result).toContainText('0.', { timeout: 60_000 });
  await keep(page, 'readme');
});
