import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IScript } from '../api/types';
import { IconButton } from './buttons';

/** A line of a shell script that a batch system reads. */
const DIRECTIVE = /^(#(?:SBATCH|PBS|MSUB|BSUB|OAR|LOCALQ|\$))(\s+)(.*)$/;

/** A line of a submit description of HTCondor; unlike a shell's `a=b`, its `=` may have spaces. */
const SETTING = /^(\s*(?:[+\w.$()]+\s*=|queue\b))(\s*)(.*)$/i;

/** The lines to highlight depend on the command that reads the script. */
function patternFor({ command }: IScript): RegExp {
  return /\bcondor_submit\b/.test(command) ? SETTING : DIRECTIVE;
}

/** One line of a job script: a directive or setting, the shebang, a comment, or a command. */
function Line(props: {
  text: string;
  isFirst: boolean;
  pattern: RegExp;
}): JSX.Element {
  const { text, isFirst, pattern } = props;
  const directive = pattern.exec(text);
  if (!directive) {
    return <span className={otherClass(text, isFirst)}>{text + '\n'}</span>;
  }
  const [, word, space, rest] = directive;
  return (
    <span>
      <b className="jp-JobQueue-directive">{word}</b>
      {space}
      <span className="jp-JobQueue-value">{rest}</span>
      {'\n'}
    </span>
  );
}

function otherClass(text: string, isFirst: boolean): string | undefined {
  if (isFirst && text.startsWith('#!')) {
    return 'jp-JobQueue-shebang';
  }
  return /^\s*#/.test(text) ? 'jp-JobQueue-comment' : undefined;
}

/** The command that submits a job script, and a button that copies the script. */
function Command(props: {
  script: IScript;
  trans: TranslationBundle;
  onCopy?: (text: string) => void;
}): JSX.Element {
  const { script, trans, onCopy } = props;
  return (
    <div className="jp-JobQueue-command">
      <code title={script.command}>{script.command}</code>
      {onCopy && (
        <IconButton
          action="copy"
          label={trans.__('Copy job script')}
          icon={copyIcon}
          onClick={() => onCopy(script.script)}
        />
      )}
    </div>
  );
}

/** The text of a job script, with its directives highlighted. */
function Lines({ script }: { script: IScript }): JSX.Element {
  const pattern = patternFor(script);
  const lines = script.script.replace(/\n$/, '').split('\n');
  return (
    <>
      {lines.map((text, number) => (
        <Line
          key={number}
          text={text}
          isFirst={number === 0}
          pattern={pattern}
        />
      ))}
    </>
  );
}

/** A job script and the command that submits it, or a placeholder while there is no script. */
export function JobScript(props: {
  script: IScript | null;
  trans: TranslationBundle;
  onCopy?: (text: string) => void;
}): JSX.Element {
  const { script, trans, onCopy } = props;
  if (!script) {
    return (
      <p className="jp-JobQueue-hint">
        {trans.__('The job script appears here when all options are valid.')}
      </p>
    );
  }
  return (
    <div className="jp-JobQueue-scriptView">
      <Command script={script} trans={trans} onCopy={onCopy} />
      <pre
        className="jp-JobQueue-script"
        tabIndex={0}
        aria-label={trans.__('Job script')}
      >
        <Lines script={script} />
      </pre>
    </div>
  );
}
