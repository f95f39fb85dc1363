import type { TranslationBundle } from '@jupyterlab/translation';
import { textEditorIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { jobState, period } from './format';
import type { IJob } from './tokens';

/** Say what the queue says of a job: node, reason, exit code, when it may start. */
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
  const label = trans.__('Log of %1', job.name);
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
        <button
          type="button"
          className="jp-JobQueue-iconButton"
          data-action="log"
          title={label}
          aria-label={label}
          onClick={() => onLog(job.name)}
        >
          <textEditorIcon.react tag={null} />
        </button>
      </td>
    </tr>
  );
}

/** The jobs of a cluster, newest first. */
export function JobTable(props: {
  jobs: readonly IJob[];
  trans: TranslationBundle;
  onLog: (job: string) => void;
}): JSX.Element {
  const { jobs, trans, onLog } = props;
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
        <tbody>
          {[...jobs].reverse().map(job => (
            <JobRow key={job.name} job={job} trans={trans} onLog={onLog} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
