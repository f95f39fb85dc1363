/**
 * The panel in the Chromium of the machine. server.py starts the server and names it in the environment.
 */
const { existsSync } = require('fs');
const { delimiter, join } = require('path');

const base = require('@jupyterlab/galata/lib/playwright-config');

const { JOBQUEUE_UI_URL, JOBQUEUE_UI_TOKEN, PATH } = process.env;
if (!JOBQUEUE_UI_URL) {
  throw new Error('Run "jlpm test": it starts the server that is tested.');
}

const executablePath = ['chromium', 'google-chrome']
  .flatMap(name => PATH.split(delimiter).map(folder => join(folder, name)))
  .find(existsSync);

module.exports = {
  ...base,
  testDir: 'tests',
  workers: 1,
  timeout: 120_000,
  forbidOnly: !!process.env.CI,
  retries: 0,
  reporter: [['list']],
  expect: { timeout: 20_000 },
  use: {
    ...base.use,
    baseURL: JOBQUEUE_UI_URL,
    // Galata's own requests; those of the page go without it, see tests/lab.ts.
    extraHTTPHeaders: { Authorization: `token ${JOBQUEUE_UI_TOKEN}` },
    viewport: { width: 1280, height: 800 },
    trace: 'off',
    video: 'off', // needs an ffmpeg that only Playwright's own browsers bring
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  }
};
