import { expect, keep, notebook, Queue, shot, test } from './lab';

const NAME = 'shared';

// One cluster goes through all tests here: the first makes it, the last shuts it down.
test.describe.configure({ mode: 'serial' });
test.afterAll(async ({ request }) => new Queue(request).removeAll());

test('scale', async ({ page, panel, queue }) => {
  await queue.create({ name: NAME });
  await panel.ready(NAME, 1);
  await panel.card(NAME).locator('[data-action=scale]').click();
  await panel.field('Number of jobs').fill('2');
  await expect(panel.dialog).toContainText('2 workers · 2 cores');
  await shot(page, 'scale');
  await panel.press('Scale');
  await expect(panel.dialog).toHaveCount(0);
  await expect(panel.card(NAME)).toContainText('2 wanted');
  await panel.ready(NAME, 2);
});

test('autoscale', async ({ page, panel }) => {
  await panel.card(NAME).locator('[data-action=adapt]').click();
  await panel.field('Minimum jobs').fill('3');
  await panel.field('Maximum jobs').fill('4');
  await shot(page, 'autoscale');
  await panel.press('Autoscale');
  await expect(panel.card(NAME)).toContainText('autoscale 3–4');
  await panel.ready(NAME, 3);
});

test('job script', async ({ page, panel }) => {
  await panel.card(NAME).locator('[data-action=script]').click();
  await expect(panel.script).toContainText('#LOCALQ --cpus=1');
  await expect(panel.dialog.locator('[data-action=copy]')).toBeVisible();
  await shot(page, 'job-script');
  await panel.press('Close');
  await expect(panel.dialog).toHaveCount(0);
});

test('jobs and a log', async ({ page, panel }) => {
  await panel.card(NAME).locator('[data-action=jobs]').click();
  const running = panel.card(NAME).locator('tr[data-state=running]');
  await expect(running).toHaveCount(3);
  await shot(page, 'jobs');
  await running.first().locator('[data-action=log]').click();
  await expect(panel.script).toContainText('Start worker at');
  await shot(page, 'log');
  await panel.dialog.getByRole('button', { name: 'stdout' }).click();
  await expect(panel.script).toContainText('Nothing written yet.');
});

test('client code is inserted by the button', async ({ page, panel }) => {
  const cells = await notebook(page, ['1', '2']);
  await cells.first().click();
  await panel.card(NAME).locator('[data-action=clientCode]').click();
  await expect(cells).toHaveCount(3);
  await expect(cells.nth(1)).toContainText('client = Client(');
});

test('a card is dragged into a notebook', async ({ page, panel }) => {
  const cells = await notebook(page, ['above', 'below', 'last']);
  await panel.card(NAME).locator('.jp-JobQueue-header').hover();
  await page.mouse.down();
  const place = (await cells.nth(1).boundingBox())!;
  await page.mouse.move(place.x + 150, place.y + 10, { steps: 10 });
  await expect(cells.nth(1)).toHaveClass(/jp-mod-dropTarget/);
  await keep(page, 'drag-light');
  await page.mouse.up();
  await expect(cells).toHaveCount(4);
  await expect(cells.nth(0)).toContainText('above');
  await expect(cells.nth(1)).toContainText('client = Client(');
  await expect(cells.nth(2)).toContainText('below');
  await shot(page, 'dropped');
});

test('the dashboard opens through the proxy', async ({ page, panel }) => {
  const socket = page.waitForEvent('websocket', each =>
    each.url().includes('/dashboard/status/ws')
  );
  await panel.card(NAME).locator('[data-action=dashboard]').click();
  await (await socket).waitForEvent('framereceived');
  const frame = page.locator('.jp-IFrame iframe');
  await expect(frame).toHaveAttribute(
    'src',
    /\/jobqueue\/clusters\/[0-9a-f]{12}\/dashboard\/status$/
  );
  await expect(frame.contentFrame().locator('canvas').first()).toBeVisible({
    timeout: 40_000
  });
  await expect(
    frame.contentFrame().getByText('Data Transfer').first()
  ).toBeVisible();
  await shot(page, 'dashboard');
});

test('a reload brings the same cards back', async ({ page, panel, queue }) => {
  const [{ id }] = await queue.list();
  await expect(panel.cards).toHaveAttribute('data-cluster-id', id);
  await page.reload();
  await panel.open();
  await expect(panel.cards).toHaveAttribute('data-cluster-id', id);
  await expect(panel.card(NAME)).toHaveAttribute('data-state', 'running');
});

test('shut down asks first', async ({ page, panel, queue }) => {
  const button = panel.card(NAME).locator('[data-action=shutdown]');
  await button.click();
  await expect(panel.dialog).toContainText(`Shut down ${NAME}?`);
  await shot(page, 'shut-down');
  await panel.press('Cancel');
  await expect(panel.dialog).toHaveCount(0);
  await expect(panel.card(NAME)).toHaveAttribute('data-state', 'running');
  await button.click();
  await panel.press('Shut down');
  await expect(panel.cards).toHaveCount(0);
  expect(await queue.list()).toEqual([]);
});
