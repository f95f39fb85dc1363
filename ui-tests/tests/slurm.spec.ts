import type { Locator } from '@playwright/test';

import { bed, skipped } from './bed';
import { connect, expect, notebook, Queue, run, shot, test } from './lab';
import type { Panel } from './lab';

test.beforeAll(async ({ request }) => {
  try {
    bed('slurm', 'up');
  } catch (error) {
    test.skip(true, skipped('real Slurm', error));
  }
  // The server may have been asked for its batch systems before.
  await request.get('jobqueue/api/systems?refresh=1');
});

test.afterEach(async ({ queue }) => queue.removeAll());

test.afterAll(async ({ request }) => {
  await new Queue(request).removeAll();
  bed('slurm', 'down');
});

test('from click to a computed result on Slurm', async ({ page, panel }) => {
  await notebook(page, ['']);
  await fill(panel);
  await panel.field('Name').fill('on-slurm');
  await expect(panel.script).toContainText('#SBATCH --mem=');
  await shot(page, 'slurm-new-cluster');
  await panel.press('Create');
  await panel.ready('on-slurm', 1);
  await panel.card('on-slurm').locator('[data-action=jobs]').click();
  await expect(
    panel.card('on-slurm').locator('tr[data-state=running]')
  ).toContainText('node');
  await panel.card('on-slurm').locator('[data-action=clientCode]').click();
  await connect(page);
  const result = await run(page, 'client.submit(sum, range(10)).result()');
  await expect(result).toHaveText('45', { timeout: 60_000 });
  await shot(page, 'slurm-computed');
});

test('what Slurm refuses is shown in its own words', async ({
  page,
  panel
}) => {
  await fill(panel);
  await panel.field('Name').fill('too-long');
  await partition(panel).selectOption('short');
  await panel.field('Walltime').fill('01:00:00');
  await panel.press('Create');
  const card = panel.card('too-long');
  await expect(card).toHaveAttribute('data-state', 'degraded');
  await expect(card.getByRole('alert')).toContainText(
    'Requested time limit is invalid'
  );
  await shot(page, 'slurm-refused');
});

/** JupyterLab's form gives a choice no label that assistive technology sees. */
function partition(panel: Panel): Locator {
  return panel.dialog.locator('#root_queue');
}

async function fill(panel: Panel): Promise<void> {
  await panel.newCluster();
  await panel.field('Profile').selectOption('slurm');
  await expect(partition(panel)).toBeVisible();
  await panel.field('Cores').fill('1');
  await panel.field('Memory').fill('500 MiB');
  await panel.dialog.getByText('More options').click();
  await panel.field('Interface').fill('lo');
}
