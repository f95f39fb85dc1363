import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IScript } from './tokens';

const DIRECTIVE = /^(#[A-Z]+)(\s+)(.*)$/;

/** Tell the parts of a job script apart: shebang, directives, comments, commands. */
function line(text: string, key: number): JSX.Element {
  const directive = DIRECTIVE.exec(text);
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
  const name = text.startsWith('#') ? 'jp-JobQueue-comment' : undefined;
  return (
    <span key={key} className={name}>
      {text + '\n'}
    </span>
  );
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
  const lines = script.script.replace(/\n$/, '').split('\n');
  return (
    <div className="jp-JobQueue-scriptView">
      <div className="jp-JobQueue-command">
        <code title={script.command}>{script.command}</code>
        {onCopy && (
          <button
            type="button"
            className="jp-JobQueue-iconButton"
            data-action="copy"
            title={trans.__('Copy job script')}
            aria-label={trans.__('Copy job script')}
            onClick={() => onCopy(script.script)}
          >
            <copyIcon.react tag={null} />
          </button>
        )}
      </div>
      <pre
        className="jp-JobQueue-script"
        tabIndex={0}
        aria-label={trans.__('Job script')}
      >
        {lines.map(line)}
      </pre>
    </div>
  );
}
