import { connect, expect, notebook, run, shot, test } from './lab';

test.afterEach(async ({ queue }) => queue.removeAll());

test('without clusters the panel says what to do', async ({ page, panel }) => {
  await expect(panel.root).toContainText(
    'A cluster is a Dask scheduler whose workers are jobs'
  );
  await shot(page, 'empty');
  await panel.root.locator('[data-action=create]').click();
  await expect(panel.dialog).toContainText('New cluster');
});

test('from click to a computed result', async ({ page, panel }) => {
  await notebook(page, ['']);
  await panel.newCluster();
  await panel.field('Name').fill('first');
  await shot(page, 'new-cluster');
  await panel.press('Create');
  await shot(page, 'starting');
  await panel.ready('first', 1);
  await panel.card('first').locator('[data-action=clientCode]').click();
  await connect(page);
  const result = await run(page, 'client.submit(sum, range(10)).result()');
  await expect(result).toHaveText('45', { timeout: 60_000 });
  await shot(page, 'computed');
});

test('the preview follows the form', async ({ panel }) => {
  await panel.newCluster();
  await expect(panel.script).toContainText('--cpus=1');
  await panel.field('Cores').fill('3');
  await expect(panel.script).toContainText('--cpus=3');
  await expect(panel.script).toContainText('--nthreads 1');
});

test('an error is shown at its field, and goes with it', async ({
  page,
  panel
}) => {
  await panel.newCluster();
  await panel.field('Memory').fill('lots');
  const has = page.getByLabel('Memory', { exact: true });
  const group = panel.dialog.locator('.form-group.small-field', { has });
  await expect(group).toContainText(
    "memory must be an amount of memory such as '24 GB', not 'lots'"
  );
  await shot(page, 'field-error');
  await panel.press('Create');
  await expect(panel.dialog).not.toHaveClass(/jp-mod-busy/);
  await expect(group).toContainText(
    "memory must be an amount of memory such as '24 GB', not 'lots'"
  );
  await panel.field('Memory').fill('1 GiB');
  await expect(group).not.toContainText('not an amount');
  await expect(panel.script).toContainText('--memory-limit 1');
});

test('more cores than the queue has are refused at the field', async ({
  page,
  panel
}) => {
  await panel.newCluster();
  await panel.field('Cores').fill('5');
  const has = page.getByLabel('Cores', { exact: true });
  const group = panel.dialog.locator('.form-group.small-field', { has });
  await expect(group.locator('.validationErrors')).toContainText('4');
  await expect(panel.button('Create')).toBeDisabled();
});

test('a double click on Create makes one cluster', async ({ panel, queue }) => {
  await panel.newCluster();
  await panel.button('Create').dblclick();
  await expect(panel.dialog).toHaveCount(0);
  await expect(panel.cards).toHaveCount(1);
  expect(await queue.list()).toHaveLength(1);
});

test('a refused submission is shown in the words of the queue', async ({
  page,
  panel
}) => {
  await panel.newCluster();
  await panel.field('Name').fill('hasty');
  await panel.field('Walltime').fill('soon');
  await panel.press('Create');
  const card = panel.card('hasty');
  await expect(card).toHaveAttribute('data-state', 'degraded');
  await expect(card.getByRole('alert')).toContainText('localqueue: error:');
  await expect(card.locator('[data-action=retry]')).toBeVisible();
  await shot(page, 'refused');
});

test('a cluster is made and shut down with the keyboard only', async ({
  page,
  panel,
  queue
}) => {
  const { keyboard } = page;
  await keyboard.press('Control+Shift+C');
  await keyboard.type('New Dask cluster');
  await expect(
    page.locator('.lm-CommandPalette-item.lm-mod-active')
  ).toContainText('New Dask');
  await keyboard.press('Enter');
  await expect(panel.script).toContainText('#!');
  await tabTo('#jp-JobQueue-name');
  await keyboard.type('keys');
  await keyboard.press('Enter');
  await panel.ready('keys', 1);
  await tabTo('.jp-JobQueue-card [data-action=shutdown]');
  await shot(page, 'keyboard-focus');
  await keyboard.press('Enter');
  await expect(panel.dialog).toContainText('Shut down keys?');
  await keyboard.press('Enter');
  await expect(panel.cards).toHaveCount(0);
  expect(await queue.list()).toEqual([]);

  async function tabTo(selector: string): Promise<void> {
    const hasFocus = () =>
      page.evaluate(css => !!document.activeElement?.matches(css), selector);
    for (let presses = 0; !(await hasFocus()); presses++) {
      expect(presses, `${selector} is reached by the Tab key`).toBeLessThan(60);
      await keyboard.press('Tab');
    }
  }
});
