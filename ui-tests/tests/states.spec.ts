import type {
  ICluster,
  IJob,
  INotice,
  IProfile,
  ISchema,
  JobState
} from '../../labextension/src/api/types';
import { cutOff, expect, Panel, shot, test } from './lab';
import type { Lab } from './lab';

/** States that no test can wait for, from a mock server. */
const NOW = Date.now() / 1000;
const soon = (minutes: number): number => NOW + minutes * 60 + 30;

const NO_JOBS: ICluster['jobs'] = {
  submitting: 0,
  pending: 0,
  held: 0,
  starting: 0,
  running: 0,
  closing: 0,
  done: 0,
  failed: 0,
  cancelled: 0,
  lost: 0
};

const WELL: ICluster = {
  id: 'well',
  name: 'analysis',
  system: 'slurm',
  profile: 'slurm',
  state: 'running',
  detail: '',
  details: '',
  diagnosis: '',
  created: NOW,
  scheduler_address: '',
  dashboard: 'jobqueue/clusters/well/dashboard/status',
  wanted: 3,
  adapt: null,
  processes: 2,
  cores_per_job: 8,
  memory_per_job: 24e9,
  jobs: { ...NO_JOBS, running: 3 },
  reason: '',
  waiting: 0,
  workers: 6,
  cores: 24,
  memory: 72e9,
  core_hours: 3.21,
  core_hours_asked: 12,
  budget: null,
  closes_at: null,
  closes_why: '',
  next_end: soon(92),
  decisions: [],
  notes: []
};

const NOTHING = { next_end: null, core_hours: 0, core_hours_asked: null };
const EMPTY = { ...NOTHING, jobs: NO_JOBS, workers: 0, cores: 0, memory: 0 };

const CLUSTERS: ICluster[] = [
  {
    ...WELL,
    closes_at: soon(25),
    closes_why: 'idle',
    adapt: { minimum: 0, maximum: 10 },
    decisions: [
      { when: NOW - 7300, jobs: 2, reason: 'work for 2 jobs' },
      { when: NOW - 3600, jobs: 10, reason: 'work for 48 jobs' },
      { when: NOW - 60, jobs: 3, reason: '3 jobs were enough for 300 s' }
    ],
    notes: [
      { when: NOW - 90_000, text: 'a node went away, 2 jobs were replaced' },
      { when: NOW - 660, text: 'Reconnected after a server restart' },
      { when: NOW - 600, text: '2 jobs that nobody knew were cancelled' }
    ]
  },
  {
    ...WELL,
    id: 'limited',
    name: 'sweep',
    wanted: 10,
    budget: 10,
    core_hours: 9.4,
    next_end: soon(0.2),
    reason: 'QOSMaxJobsPerUserLimit',
    waiting: 7,
    detail: 'limit reached, 7 jobs waiting: the queue takes 3 jobs of one user'
  },
  {
    ...WELL,
    ...EMPTY,
    id: 'degraded',
    name: 'broken',
    system: 'htcondor',
    state: 'degraded',
    jobs: { ...NO_JOBS, failed: 3 },
    detail: 'the last 3 jobs ended before any worker joined',
    diagnosis:
      'The Python of the jobs has no module distributed. Choose another Python with the option `python`, ' +
      'or load its environment in `job_script_prologue`.',
    details:
      '/opt/site/anaconda3/envs/production-2026/bin/python: Error while finding module specification for ' +
      "'distributed.cli.dask_worker' (ModuleNotFoundError: No module named 'distributed')"
  },
  {
    ...WELL,
    ...EMPTY,
    id: 'spent',
    name: 'spent',
    budget: 120,
    core_hours: 121.5,
    closes_at: soon(125),
    closes_why: 'age'
  }
];

const NOTICES: INotice[] = [
  {
    id: 'n1',
    when: NOW - 3000,
    text: 'Cluster slurm-2 could not be recovered: its scheduler has ended; 3 remaining jobs were cancelled.'
  },
  { id: 'n2', when: NOW - 60, text: 'Cluster night closed: it was idle.' }
];

const JOBS: IJob[] = Array.from({ length: 315 }, (_, number) => {
  const live: JobState = number < 314 ? 'running' : 'pending';
  const state = number < 312 ? (number % 9 ? 'done' : 'failed') : live;
  return {
    name: `sweep-${number}`,
    id: `71_${number}`,
    state,
    reason: state === 'pending' ? 'Priority' : '',
    node: state === 'pending' ? '' : `node${number % 7}`,
    exit_code: state === 'failed' ? 1 : null,
    signal: null,
    submitted: NOW - 900,
    started: NOW - 800,
    ended: null,
    ends: state === 'running' ? soon(number - 300) : null,
    estimated_start: state === 'pending' ? soon(3) : null,
    workers: [],
    stdout: '',
    stderr: ''
  };
});

const SYSTEMS: [string, string, string][] = [
  ['slurm', 'Slurm', 'sbatch, squeue and scancel are not on PATH'],
  ['pbs', 'PBS', 'qsub, qstat and qdel are not on PATH'],
  ['sge', 'SGE', 'qconf is not on PATH'],
  ['moab', 'Moab', 'msub, showq and canceljob are not on PATH'],
  ['lsf', 'LSF', 'bsub, bjobs and bkill are not on PATH'],
  ['oar', 'OAR', 'oarsub: Cannot connect to the database'],
  ['htcondor', 'HTCondor', ''],
  ['local', 'This machine', '']
];

const PROFILES: IProfile[] = SYSTEMS.map(([name, label, reason]) => ({
  name,
  system: name,
  label,
  usable: !reason,
  reason,
  origin: 'built-in',
  options: {},
  problems: []
}));

const text = (title: string, description: string, example = '') => ({
  type: 'string' as const,
  title,
  description,
  ...(example ? { examples: [example] } : {})
});
const lines = (title: string, description: string, example = '') => ({
  ...text(title, description, example),
  type: 'array' as const,
  items: { type: 'string' as const },
  default: []
});
const main = { 'x-group': 'main' as const };

const SCHEMA: ISchema = {
  type: 'object',
  title: 'HTCondor',
  required: ['cores', 'memory'],
  properties: {
    cores: {
      type: 'integer',
      title: 'Cores',
      description: 'Cores of one job.',
      minimum: 1,
      default: 4,
      ...main
    },
    memory: {
      ...text('Memory', 'Memory of one job.'),
      default: '8 GB',
      ...main
    },
    disk: { ...text('Disk', 'Disk of one job.', '1 GB'), ...main },
    universe: {
      ...text('Universe', 'Where HTCondor runs the jobs.', 'vanilla'),
      enum: ['vanilla', 'docker', 'container'],
      ...main
    },
    memory_per: {
      ...text(
        'Memory per',
        'Whether to request memory per node, or not at all.'
      ),
      enum: ['node', 'none'],
      default: 'node'
    },
    job_mem: text('Memory asked', 'What the queue is asked for.', '9 GB'),
    submit_command_extra: lines(
      'Submit arguments',
      'Further arguments of condor_submit.',
      '-verbose'
    ),
    budget: {
      type: 'number',
      title: 'Budget',
      description: 'Core-hours that all jobs together may use.'
    },
    idle_timeout: text(
      'Idle timeout',
      'Time without work after which the cluster closes.',
      '30 minutes'
    ),
    job_name: {
      ...text('Job name', 'Name of the jobs in the queue.'),
      default: 'dask-worker'
    },
    python: text('Python', 'Python that runs the workers.', '/opt/bin/python'),
    interface: text('Interface', 'Network interface of the workers.', 'ib0'),
    nanny: {
      type: 'boolean',
      title: 'Nanny',
      description: 'Let a nanny process restart workers.',
      default: true
    },
    local_directory: text('Local directory', 'Fast local storage.', '$TMPDIR'),
    log_directory: text('Log directory', 'Folder for the output of the jobs.'),
    job_script_prologue: lines(
      'Prologue',
      'Lines of shell before the worker starts.',
      'module load python'
    ),
    job_extra_directives: {
      ...lines(
        'Extra directives',
        'Added to the submit description: Key = value.',
        '+Group = "physics"'
      ),
      default: ['+WantGPULab = True', 'Requirements = (Arch == "X86_64")']
    }
  }
};

const DESCRIPTION = `#!/usr/bin/env condor_submit
# 2 jobs of 4 cores
MY.DaskTag = "jobqueue-17"
RequestCpus = 4
RequestMemory = 7630
+WantGPULab = True
Environment = "OMP_NUM_THREADS=1 MKL_NUM_THREADS=1"
Arguments = "-c 'x=1; exec python -m distributed.cli.dask_worker'"
Executable = /bin/sh

Queue 2
`;

const ANSWERS: [RegExp, unknown][] = [
  [/\/clusters$/, CLUSTERS],
  [/\/notices$/, NOTICES],
  [/\/jobs$/, JOBS],
  [/\/profiles$/, PROFILES],
  [/\/schema$/, SCHEMA],
  [/\/job-script$/, { script: DESCRIPTION, command: 'condor_submit -terse' }]
];

/** Open the panel, with this width, on the mock server. */
async function open(page: Lab, width: number): Promise<Panel> {
  const notices = [...NOTICES];
  await page.route('**/jobqueue/api/**', route => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    if (request.method() === 'DELETE') {
      notices.pop();
      return route.fulfill({ status: 204 });
    }
    const [, known] = ANSWERS.find(([path]) => path.test(pathname))!;
    return route.fulfill({ json: known === NOTICES ? notices : known });
  });
  await page.setViewportSize({ width: 1280, height: 1300 });
  const panel = new Panel(page);
  await panel.open();
  await page.sidebar.setWidth(width);
  return panel;
}

for (const width of [250, 340]) {
  test(`cards and notices ${width} pixels wide`, async ({ page }) => {
    const panel = await open(page, width);
    await expect(panel.card('analysis')).toContainText(
      '3.2 core-hours first job ends in 1 h 32 min closes in 25 min: idle'
    );
    await expect(panel.card('sweep')).toContainText('nearly used up');
    await expect(panel.card('broken').getByRole('alert')).toContainText(
      'the option python, or load'
    );
    await shot(page, `states-${width}`);
    expect(await cutOff(panel.root)).toEqual([]);
  });
}

test('a notice is dismissed with the keyboard', async ({ page }) => {
  const panel = await open(page, 340);
  const notices = panel.root.getByRole('list', { name: 'Notices' });
  await expect(notices.getByRole('listitem')).toHaveCount(2);
  await notices.getByRole('button').first().focus();
  await page.keyboard.press('Enter');
  await expect(notices.getByRole('listitem')).toHaveCount(1);
  await expect(notices.getByRole('button')).toBeFocused();
});

test('hundreds of jobs', async ({ page }) => {
  const panel = await open(page, 300);
  const card = panel.card('sweep');
  await card.locator('[data-action=jobs]').click();
  await expect(card.locator('tr[data-job]')).toHaveCount(3);
  await expect(card).toContainText('12 min left');
  await shot(page, 'many-jobs');
  await card.getByRole('button', { name: '312 ended jobs' }).click();
  await expect(card.locator('tr[data-job]')).toHaveCount(315);
  expect(await cutOff(panel.root)).toEqual([]);
});

test('decisions from the menu of a card', async ({ page }) => {
  const panel = await open(page, 340);
  await panel.card('analysis').click({ button: 'right' });
  await page
    .getByRole('menuitem', { name: 'Show autoscaling decisions' })
    .click();
  await expect(panel.dialog.locator('tbody tr')).toHaveCount(3);
  await expect(panel.dialog.locator('tbody tr').first()).toContainText(
    '3 jobs were enough for 300 s'
  );
  await shot(page, 'decisions');
});

test('the form of a machine with two of eight batch systems', async ({
  page
}) => {
  const panel = await open(page, 340);
  await panel.root.getByRole('toolbar').getByText('New cluster').click();
  await expect(panel.script).toContainText('Queue 2');
  await expect(panel.field('Universe').locator('option').first()).toHaveText(
    'not set'
  );
  await panel.dialog.getByText('6 profiles cannot be used here').click();
  await shot(page, 'systems');
  await panel.dialog.getByText('More options').click();
  await panel.field('Nanny').scrollIntoViewIfNeeded();
  await shot(page, 'more-options');
  await panel.dialog.getByLabel('Prologue: Add item').click();
  await panel.field('Prologue').fill('module load python');
  await expect(panel.field('Extra directives')).toHaveCount(2);
  await panel.field('Extra directives').last().scrollIntoViewIfNeeded();
  await shot(page, 'more-lines');
});
