import type { TranslationBundle } from '@jupyterlab/translation';
import {
  caretDownIcon,
  caretRightIcon,
  textEditorIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import { IconButton } from '../components/buttons';
import { jobState, period, until } from '../components/format';
import type { IJob, JobState } from '../tokens';

/** Jobs from which on the ended ones are folded away. */
const MANY = 60;

const ENDED: ReadonlySet<JobState> = new Set([
  'done',
  'failed',
  'cancelled',
  'lost'
]);

/** Say what the queue says of a job: node, reason, exit code, when it may start or must end. */
function remark(job: IJob, trans: TranslationBundle): string {
  const now = Date.now() / 1000;
  const told = [job.node, job.reason];
  if (job.exit_code) {
    told.push(trans.__('exit code %1', job.exit_code));
  }
  if (job.signal) {
    told.push(trans.__('signal %1', job.signal));
  }
  if (job.estimated_start && job.estimated_start > now) {
    told.push(trans.__('may start in %1', period(job.estimated_start - now)));
  }
  if (!ENDED.has(job.state) && job.ends && job.ends > now) {
    told.push(trans.__('%1 left', until(job.ends, trans)));
  }
  return told.filter(text => text).join(' · ');
}

/** Shorten a name at its beginning: the number at its end tells jobs apart. */
function shortened(name: string): string {
  return name.length > 16 ? `…${name.slice(-15)}` : name;
}

/** One job in two lines: which and how, then what the queue says of it. */
function JobRow(props: {
  job: IJob;
  trans: TranslationBundle;
  onLog: (job: string) => void;
}): JSX.Element {
  const { job, trans, onLog } = props;
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

/** A row that shows and hides those that have ended. */
function Fold(props: {
  count: number;
  open: boolean;
  trans: TranslationBundle;
  onToggle: () => void;
}): JSX.Element {
  const { count, open, trans, onToggle } = props;
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

/** The jobs of a cluster, newest first; of many only the live ones, so that hundreds stay quick. */
export function JobTable(props: {
  jobs: readonly IJob[];
  trans: TranslationBundle;
  onLog: (job: string) => void;
}): JSX.Element {
  const { jobs, trans, onLog } = props;
  const [open, setOpen] = React.useState(false);
  if (!jobs.length) {
    return <p className="jp-JobQueue-note">{trans.__('No jobs yet.')}</p>;
  }
  const newest = [...jobs].reverse();
  const isFolded = (job: IJob) => jobs.length > MANY && ENDED.has(job.state);
  const ended = newest.filter(isFolded);
  const row = (job: IJob): JSX.Element => (
    <JobRow key={job.name} job={job} trans={trans} onLog={onLog} />
  );
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
        <tbody>
          {newest.filter(job => !isFolded(job)).map(row)}
          {ended.length > 0 && (
            <Fold
              count={ended.length}
              open={open}
              trans={trans}
              onToggle={() => setOpen(!open)}
            />
          )}
          {open && ended.map(row)}
        </tbody>
      </table>
    </div>
  );
}
