import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';

import { bed, skipped } from './bed';

interface IHub {
  url: string;
  token: string;
  users: string[];
  password: string;
}

let hub: IHub;

// The login of the Hub counts, not the token of the other server.
test.use({ extraHTTPHeaders: {} });

test.beforeAll(() => {
  test.setTimeout(180_000);
  try {
    hub = JSON.parse(bed('hub', 'up'));
  } catch (error) {
    test.skip(true, skipped('a real JupyterHub', error));
  }
});

test.afterAll(() => bed('hub', 'down'));

/** Start or stop the server of the first user, as the Hub's own page does. */
async function server(page: Page, method: 'DELETE' | 'POST'): Promise<void> {
  const answer = await page.request.fetch(
    `${hub.url}/hub/api/users/${hub.users[0]}/server`,
    { method, headers: { Authorization: `token ${hub.token}` } }
  );
  expect(answer.ok(), await answer.text()).toBe(true);
}

async function logIn(page: Page): Promise<void> {
  await page.goto(hub.url);
  await page.getByLabel('Username').fill(hub.users[0]);
  await page.getByLabel('Password').fill(hub.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/user\/.*\/lab/, { timeout: 120_000 });
}

test('from the login to a dashboard, and on after a new start', async ({
  page,
  context
}) => {
  test.setTimeout(400_000);
  await logIn(page);
  await page.locator('li[data-id="jupyter-jobqueue-panel"]').click();
  const panel = page.locator('#jupyter-jobqueue-panel');
  await panel.getByRole('toolbar').getByText('New cluster').click();
  const dialog = page.locator('.jp-Dialog');
  await dialog.getByLabel('Profile', { exact: true }).selectOption('local');
  await dialog.getByLabel('Name', { exact: true }).fill('behind-a-hub');
  await expect(dialog.locator('.jp-JobQueue-script')).toContainText('#!');
  await dialog
    .locator('.jp-Dialog-footer')
    .getByRole('button', { name: 'Create' })
    .click();
  const card = panel.getByRole('listitem', { name: 'behind-a-hub' });
  await expect(card).toHaveAttribute('data-state', 'running', {
    timeout: 60_000
  });

  // The Hub forbids all frames; a pane with this one would be blank.
  await card.locator('[data-action=dashboard]').click();
  const pane = page.locator('.jp-IFrame iframe').contentFrame();
  await expect(pane.locator('canvas').first()).toBeVisible({ timeout: 60_000 });
  await expect(pane.getByText('Data Transfer').first()).toBeVisible();

  // A new start forgets the login of an open page; JupyterLab may have asked for it meanwhile.
  const question = page.locator('.jp-Dialog', { hasText: 'is not running' });
  await page.addLocatorHandler(question, () =>
    question.getByRole('button', { name: 'Dismiss' }).click()
  );
  await server(page, 'DELETE');
  await server(page, 'POST');
  const alert = panel.getByRole('alert');
  await expect(alert).toContainText('Your login has expired', {
    timeout: 90_000
  });
  const [other] = await Promise.all([
    context.waitForEvent('page'),
    alert.getByRole('button', { name: 'Log in again' }).click()
  ]);
  await other.waitForURL(/\/user\/.*\/lab/, { timeout: 90_000 });
  await other.close();
  await page.bringToFront();
  await expect(alert).toHaveCount(0, { timeout: 90_000 });
  await expect(panel).toContainText('New cluster');
});
