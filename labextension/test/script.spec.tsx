import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { ScriptView } from '../src/script';
import { SCRIPT, trans } from './utils';

describe('ScriptView', () => {
  function texts(selector: string): string[] {
    return [...document.querySelectorAll(selector)].map(
      each => each.textContent!
    );
  }

  it('should say when there will be a script', () => {
    render(<ScriptView script={null} trans={trans} />);
    expect(screen.getByText(/once every option is right/)).toBeTruthy();
    expect(document.querySelector('pre')).toBe(null);
  });

  it('should show the whole script and its command', () => {
    render(<ScriptView script={SCRIPT} trans={trans} />);
    const script = screen.getByLabelText('Job script');
    expect(script.textContent).toBe(SCRIPT.script);
    expect(script.tabIndex).toBe(0);
    expect(screen.getByText(SCRIPT.command)).toBeTruthy();
  });

  it('should tell directives from comments', () => {
    render(<ScriptView script={SCRIPT} trans={trans} />);
    expect(texts('.jp-JobQueue-directive')).toEqual(['#SBATCH']);
    expect(texts('.jp-JobQueue-value')).toEqual(['-J slurm-1']);
    expect(texts('.jp-JobQueue-comment')).toEqual([
      '#!/bin/sh\n',
      '# workers\n'
    ]);
  });

  it('should keep the space within a directive', () => {
    const script = { ...SCRIPT, script: '#BSUB  -n 4' };
    render(<ScriptView script={script} trans={trans} />);
    expect(screen.getByLabelText('Job script').textContent).toBe(
      '#BSUB  -n 4\n'
    );
  });

  it('should copy the script as it is', () => {
    const onCopy = jest.fn();
    render(<ScriptView script={SCRIPT} trans={trans} onCopy={onCopy} />);
    fireEvent.click(screen.getByRole('button', { name: 'Copy job script' }));
    expect(onCopy.mock.calls).toEqual([[SCRIPT.script]]);
  });

  it('should offer no copy where there is none', () => {
    render(<ScriptView script={SCRIPT} trans={trans} />);
    expect(screen.queryByRole('button')).toBe(null);
  });
});
