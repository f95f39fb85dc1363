import type { TranslationBundle } from '@jupyterlab/translation';
import {
  caretDownIcon,
  caretRightIcon,
  textEditorIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IJob, JobState } from '../api/types';
import { IconButton } from '../components/buttons';
import { jobState, period, until } from '../components/format';

/** Tables with more jobs than this hide the ended ones. */
const MANY = 60;

const ENDED: ReadonlySet<JobState> = new Set([
  'done',
  'failed',
  'cancelled',
  'lost'
]);

/** Summarize a job: node, reason, exit code, and when it may start or must end. */
function remark(job: IJob, trans: TranslationBundle): string {
  const now = Date.now() / 1000;
  const parts = [job.node, job.reason];
  if (job.exit_code) {
    parts.push(trans.__('exit code %1', job.exit_code));
  }
  if (job.signal) {
    parts.push(trans.__('signal %1', job.signal));
  }
  if (job.estimated_start && job.estimated_start > now) {
    parts.push(trans.__('may start in %1', period(job.estimated_start - now)));
  }
  if (!ENDED.has(job.state) && job.ends && job.ends > now) {
    parts.push(trans.__('%1 left', until(job.ends, trans)));
  }
  return parts.filter(text => text).join(' · ');
}

/** Shorten a name at its beginning: the number at its end distinguishes the jobs. */
function shortened(name: string): string {
  return name.length > 16 ? `…${name.slice(-15)}` : name;
}

interface IRowProps {
  job: IJob;
  trans: TranslationBundle;
  onLog: (job: string) => void;
}

/** A job in two lines: name and state, then id and remark. */
function JobRow({ job, trans, onLog }: IRowProps): JSX.Element {
  return (
    <tr data-job={job.name} data-state={job.state}>
      <td>
        <div className="jp-JobQueue-jobName" title={job.name}>
          {shortened(job.name)}
        </div>
        <div className="jp-JobQueue-jobRemark">{job.id}</div>
      </td>
      <td>
        <span className="jp-JobQueue-jobState">
          {jobState(job.state, trans)}
        </span>
        <div className="jp-JobQueue-jobRemark">{remark(job, trans)}</div>
      </td>
      <td>
        <IconButton
          action="log"
          label={trans.__('Log of %1', job.name)}
          icon={textEditorIcon}
          onClick={() => onLog(job.name)}
        />
      </td>
    </tr>
  );
}

interface IFoldProps {
  count: number;
  open: boolean;
  trans: TranslationBundle;
  onToggle: () => void;
}

/** A row that shows and hides the ended jobs. */
function Fold({ count, open, trans, onToggle }: IFoldProps): JSX.Element {
  const Caret = open ? caretDownIcon : caretRightIcon;
  return (
    <tr>
      <td colSpan={3}>
        <button
          type="button"
          className="jp-JobQueue-fold"
          data-action="ended"
          aria-expanded={open}
          onClick={onToggle}
        >
          <Caret.react tag="span" className="jp-JobQueue-caret" />
          {trans._n('%1 ended job', '%1 ended jobs', count)}
        </button>
      </td>
    </tr>
  );
}

interface IJobTableProps {
  jobs: readonly IJob[];
  trans: TranslationBundle;
  onLog: (job: string) => void;
}

/** The jobs of a cluster, newest first. */
export function JobTable(props: IJobTableProps): JSX.Element {
  const { jobs, trans } = props;
  if (!jobs.length) {
    return <p className="jp-JobQueue-note">{trans.__('No jobs yet.')}</p>;
  }
  return (
    <div className="jp-JobQueue-jobs">
      <table aria-label={trans.__('Jobs')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Job')}</th>
            <th scope="col">{trans.__('State')}</th>
            <th scope="col">{trans.__('Log')}</th>
          </tr>
        </thead>
        <Rows {...props} />
      </table>
    </div>
  );
}

/** The rows of a job table; in a long one the ended jobs are hidden, so that it stays fast. */
function Rows({ jobs, trans, onLog }: IJobTableProps): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const newest = [...jobs].reverse();
  const isFolded = (job: IJob) => jobs.length > MANY && ENDED.has(job.state);
  const folded = newest.filter(isFolded);
  const row = (job: IJob): JSX.Element => (
    <JobRow key={job.name} job={job} trans={trans} onLog={onLog} />
  );
  return (
    <tbody>
      {newest.filter(job => !isFolded(job)).map(row)}
      {folded.length > 0 && (
        <Fold
          count={folded.length}
          open={open}
          trans={trans}
          onToggle={() => setOpen(!open)}
        />
      )}
      {open && folded.map(row)}
    </tbody>
  );
}
