/**
 * JupyterLab with the panel open, and what each test does with it.
 */
import { expect, galata, test as base } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { APIRequestContext, Locator } from '@playwright/test';

export { expect };
export type Lab = IJupyterLabPageFixture;

const PANEL = 'jupyter-jobqueue-panel';
// Galata's own settings replace the fonts by ones that a machine may not have.
const { '@jupyterlab/apputils-extension:themes': _, ...settings } =
  galata.DEFAULT_SETTINGS;

export const test = base.extend<{ panel: Panel; queue: Queue }>({
  mockSettings: [settings, { option: true }],

  /** Logged in by cookie: requests to the extension show no token, so the XSRF check counts. */
  context: async ({ context }, use) => {
    await context.request.get('api/me');
    await context.route('**/jobqueue/**', route => {
      const { authorization, ...headers } = route.request().headers();
      return route.continue({ headers });
    });
    await use(context);
  },

  panel: async ({ page }, use) => {
    const panel = new Panel(page);
    await panel.open();
    await use(panel);
  },

  queue: async ({ request }, use) => use(new Queue(request))
});

/** The clusters of the server, past the panel. */
export class Queue {
  constructor(private readonly request: APIRequestContext) {}

  /** Make a cluster. */
  async post(wish: Record<string, unknown>): Promise<string> {
    const options = { cores: 1, memory: '500 MiB' };
    const data = { profile: 'local', jobs: 1, options, ...wish };
    const answer = await this.request.post('jobqueue/api/clusters', { data });
    expect(answer.status(), await answer.text()).toBe(201);
    return (await answer.json()).id;
  }

  /** Make a cluster and wait until it has its workers. */
  async create(wish: { name: string; jobs?: number }): Promise<void> {
    const id = await this.post(wish);
    await expect
      .poll(async () => (await this.list()).find(each => each.id === id), {
        timeout: 40_000
      })
      .toMatchObject({ state: 'running', workers: wish.jobs ?? 1 });
  }

  async list(): Promise<
    { id: string; name: string; state: string; workers: number }[]
  > {
    return (await this.request.get('jobqueue/api/clusters')).json();
  }

  async removeAll(): Promise<void> {
    for (const { id } of await this.list()) {
      await this.request.delete(`jobqueue/api/clusters/${id}`);
    }
    await expect.poll(() => this.list()).toEqual([]);
  }
}

/** The panel and its dialogs. */
export class Panel {
  readonly root: Locator;
  readonly cards: Locator;
  readonly dialog: Locator;
  readonly script: Locator;

  constructor(private readonly page: Lab) {
    this.root = page.locator(`#${PANEL}`);
    this.cards = this.root.locator('.jp-JobQueue-card');
    this.dialog = page.locator('.jp-Dialog');
    this.script = this.dialog.locator('.jp-JobQueue-script');
  }

  async open(): Promise<void> {
    await this.page.sidebar.openTab(PANEL);
    await expect(this.root.getByText('Loading…')).toHaveCount(0);
  }

  card(name: string): Locator {
    return this.root.getByRole('listitem', { name, exact: true });
  }

  /** Open New cluster for the embedded queue, and wait for the first preview. */
  async newCluster(): Promise<void> {
    await this.root.getByRole('toolbar').getByText('New cluster').click();
    await expect(this.field('Profile')).toHaveValue('local');
    await expect(this.script).toContainText('#!');
  }

  field(label: string): Locator {
    return this.dialog.getByLabel(label, { exact: true });
  }

  async press(name: string): Promise<void> {
    await this.button(name).click();
  }

  /** A button at the foot of the dialog; its closing cross is called Cancel, too. */
  button(name: string): Locator {
    return this.dialog
      .locator('.jp-Dialog-footer')
      .getByRole('button', { name, exact: true });
  }

  /** Wait until a cluster has its workers. */
  async ready(name: string, workers: number): Promise<void> {
    const card = this.card(name);
    await expect(card).toHaveAttribute('data-state', 'running', {
      timeout: 40_000
    });
    const count = workers === 1 ? '1 worker ·' : `${workers} workers ·`;
    await expect(card.locator('.jp-JobQueue-resources')).toContainText(count, {
      timeout: 40_000
    });
  }
}

/** Run the active cell, which has the client code, and go on in a new one. */
export async function connect(page: Lab): Promise<void> {
  const code = page.locator('.jp-NotebookPanel:visible .jp-Cell.jp-mod-active');
  await expect(code).toContainText('client = Client(');
  const shown = await run(page, '');
  await expect(shown).toContainText('Connection method', { timeout: 60_000 });
  const link = shown.getByRole('link').first();
  await expect(link).toHaveAttribute(
    'href',
    /^\/jobqueue\/clusters\/\w+\/dashboard/
  );
  await page.keyboard.press('b');
}

/** Keep what a step looks like in both themes; the second one stays. */
export async function shot(page: Lab, name: string): Promise<void> {
  const now = await page.theme.getTheme();
  for (const theme of now.includes('Light')
    ? ['Light', 'Dark']
    : ['Dark', 'Light']) {
    await page.theme.setTheme(`JupyterLab ${theme}`);
    await keep(page, `${name}-${theme.toLowerCase()}`);
  }
}

/** Keep what a step looks like. */
export async function keep(page: Lab, name: string): Promise<void> {
  await page.screenshot({
    path: `screenshots/${name}.png`,
    animations: 'disabled'
  });
}

/** Open a notebook with these cells, the first of them active. */
export async function notebook(page: Lab, sources: string[]): Promise<Locator> {
  const cells = sources.map(source => ({
    cell_type: 'code',
    metadata: {},
    outputs: [],
    source
  }));
  const kernelspec = { name: 'python3', display_name: 'Python 3' };
  const content = {
    cells,
    metadata: { kernelspec },
    nbformat: 4,
    nbformat_minor: 4
  };
  await page.evaluate(async content => {
    const { commands, serviceManager } = (window as any).jupyterapp;
    const path = 'analysis.ipynb';
    await serviceManager.contents.save(path, {
      type: 'notebook',
      format: 'json',
      content
    });
    const widget = await commands.execute('docmanager:open', { path });
    await widget.revealed;
    await widget.sessionContext.ready;
  }, content);
  const shown = page.locator('.jp-NotebookPanel:visible .jp-Cell');
  await expect(shown).toHaveCount(sources.length);
  return shown;
}

/** Add code to the active cell and run it; returns where its output will be. */
export async function run(page: Lab, code: string): Promise<Locator> {
  const active = page.locator(
    '.jp-NotebookPanel:visible .jp-Cell.jp-mod-active'
  );
  await active.locator('.cm-content').click();
  await page.keyboard.insertText(code);
  await page.keyboard.press('Control+Enter');
  return active.locator('.jp-OutputArea-output');
}

/** Elements of the panel that reach over its edge, or whose text is cut off without an ellipsis. */
export function cutOff(panel: Locator): Promise<string[]> {
  return panel.evaluate(root => {
    const edge = root.getBoundingClientRect().right;
    const visible = [...root.querySelectorAll<HTMLElement>('*')].filter(
      node => node.clientWidth > 0 && !(node instanceof SVGElement)
    );
    const isCutOff = (node: HTMLElement): boolean => {
      const { display, overflowX, textOverflow } = getComputedStyle(node);
      const isTooWide =
        display !== 'inline' && node.scrollWidth > node.clientWidth;
      const hasEllipsis = textOverflow === 'ellipsis' && overflowX === 'hidden';
      return (
        (isTooWide && !hasEllipsis) ||
        node.getBoundingClientRect().right > edge + 0.5
      );
    };
    return visible
      .filter(isCutOff)
      .map(node => `${node.className}: ${node.innerText}`);
  });
}
