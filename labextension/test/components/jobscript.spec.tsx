import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { JobScript } from '../../src/components/jobscript';
import { SCRIPT, trans } from '../utils';

describe('JobScript', () => {
  function texts(selector: string): string[] {
    return [...document.querySelectorAll(selector)].map(
      each => each.textContent!
    );
  }

  it('should show when there will be a script', () => {
    render(<JobScript script={null} trans={trans} />);
    expect(screen.getByText(/when all options are valid/)).toBeTruthy();
    expect(document.querySelector('pre')).toBe(null);
  });

  it('should show the whole script and its command', () => {
    render(<JobScript script={SCRIPT} trans={trans} />);
    const script = screen.getByLabelText('Job script');
    expect(script.textContent).toBe(SCRIPT.script);
    expect(script.tabIndex).toBe(0);
    expect(screen.getByText(SCRIPT.command)).toBeTruthy();
  });

  /** The highlighted parts of a script, in the order of its lines. */
  function parts(script: string, command = 'sbatch'): Record<string, string[]> {
    const { unmount } = render(
      <JobScript script={{ script, command }} trans={trans} />
    );
    const kinds = ['shebang', 'directive', 'value', 'comment'];
    const found = kinds.map(kind => [kind, texts(`.jp-JobQueue-${kind}`)]);
    expect(screen.getByLabelText('Job script').textContent).toBe(script);
    unmount();
    return Object.fromEntries(found);
  }

  it('should highlight shebang, directives and comments', () => {
    expect(parts(SCRIPT.script)).toEqual({
      shebang: ['#!/bin/sh\n'],
      directive: ['#SBATCH'],
      value: ['-J slurm-1'],
      comment: ['# workers\n']
    });
  });

  it.each([
    ['#SBATCH', '--mem=8G'],
    ['#PBS', '-l select=1:ncpus=4'],
    ['#$', '-pe smp 4'],
    ['#MSUB', '-l nodes=1:ppn=4'],
    ['#BSUB', '-R "span[hosts=1]"'],
    ['#OAR', '-l /nodes=1/core=4,walltime=00:30:00'],
    ['#LOCALQ', '--cpus=1']
  ])('should know %s', (directive, value) => {
    const script = `#!/bin/sh\n${directive} ${value}\n`;
    expect(parts(script)).toMatchObject({
      directive: [directive],
      value: [value]
    });
  });

  it('should highlight nothing else in a shell script', () => {
    const lines = ['X=1', 'Y = 2', 'queue 3', 'for a in b; do c=$a; done'];
    const comments = ['#TODO later', '## SBATCH -n 1', '#SBATCHING is fun'];
    const script = [...lines, ...comments, ''].join('\n');
    expect(parts(script)).toEqual({
      shebang: [],
      directive: [],
      value: [],
      comment: comments.map(each => `${each}\n`)
    });
  });

  it('should highlight the settings of a submit description', () => {
    const script = `#!/usr/bin/env condor_submit
# two jobs
RequestCpus = 4
+Group="physics"
MY.Tag = "a=b"
Arguments = "-c 'x=1'"

Queue 3
`;
    expect(parts(script, 'condor_submit -terse')).toEqual({
      shebang: ['#!/usr/bin/env condor_submit\n'],
      directive: [
        'RequestCpus =',
        '+Group=',
        'MY.Tag =',
        'Arguments =',
        'Queue'
      ],
      value: ['4', '"physics"', '"a=b"', `"-c 'x=1'"`, '3'],
      comment: ['# two jobs\n']
    });
  });

  it.each(['queue', 'Queue 2', 'queue name in (a, b)'])(
    'should know the order to %s',
    order => {
      const { directive } = parts(`${order}\n`, 'condor_submit');
      expect(directive).toEqual([order.split(' ')[0]]);
    }
  );

  it('should keep the space within a directive', () => {
    const script = { ...SCRIPT, script: '#BSUB  -n 4' };
    render(<JobScript script={script} trans={trans} />);
    expect(screen.getByLabelText('Job script').textContent).toBe(
      '#BSUB  -n 4\n'
    );
  });

  it('should copy the script as it is', () => {
    const onCopy = jest.fn();
    render(<JobScript script={SCRIPT} trans={trans} onCopy={onCopy} />);
    fireEvent.click(screen.getByRole('button', { name: 'Copy job script' }));
    expect(onCopy.mock.calls).toEqual([[SCRIPT.script]]);
  });

  it('should offer no copy where there is none', () => {
    render(<JobScript script={SCRIPT} trans={trans} />);
    expect(screen.queryByRole('button')).toBe(null);
  });
});
