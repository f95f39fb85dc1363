import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IconButton } from './buttons';
import type { IScript } from '../tokens';

/** What tells a batch system something at the begin of a line of a shell script. */
const DIRECTIVE = /^(#(?:SBATCH|PBS|MSUB|BSUB|OAR|LOCALQ|\$))(\s+)(.*)$/;

/** A setting of HTCondor's submit description, or its order to queue; not a shell's `a=b`. */
const SETTING = /^(\s*(?:[+\w.$()]+\s*=|queue\b))(\s*)(.*)$/i;

/** Tell what a line may be, by the command that reads the script. */
function grammar({ command }: IScript): RegExp {
  return /\bcondor_submit\b/.test(command) ? SETTING : DIRECTIVE;
}

/** Tell the parts of a job script apart: shebang, directives or settings, comments, commands. */
function line(text: string, key: number, pattern: RegExp): JSX.Element {
  const directive = pattern.exec(text);
  if (directive) {
    const [, word, space, rest] = directive;
    return (
      <span key={key}>
        <b className="jp-JobQueue-directive">{word}</b>
        {space}
        <span className="jp-JobQueue-value">{rest}</span>
        {'\n'}
      </span>
    );
  }
  return (
    <span key={key} className={otherClass(text, key)}>
      {text + '\n'}
    </span>
  );
}

function otherClass(text: string, key: number): string | undefined {
  if (!key && text.startsWith('#!')) {
    return 'jp-JobQueue-shebang';
  }
  return /^\s*#/.test(text) ? 'jp-JobQueue-comment' : undefined;
}

/** A job script with its directives highlighted, and the command that submits it. */
export function ScriptView(props: {
  script: IScript | null;
  trans: TranslationBundle;
  onCopy?: (text: string) => void;
}): JSX.Element {
  const { script, trans, onCopy } = props;
  if (!script) {
    return (
      <p className="jp-JobQueue-hint">
        {trans.__('The job script appears here once every option is right.')}
      </p>
    );
  }
  const pattern = grammar(script);
  const lines = script.script.replace(/\n$/, '').split('\n');
  return (
    <div className="jp-JobQueue-scriptView">
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
      <pre
        className="jp-JobQueue-script"
        tabIndex={0}
        aria-label={trans.__('Job script')}
      >
        {lines.map((text, number) => line(text, number, pattern))}
      </pre>
    </div>
  );
}
