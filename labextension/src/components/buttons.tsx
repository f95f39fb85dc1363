import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

interface IButtonProps {
  /** What the button does, for styles and tests. */
  action: string;
  label: string;
  disabled?: boolean;
  onClick: (event: React.MouseEvent<HTMLButtonElement>) => void;
}

/** A button that shows its label. */
export function TextButton(
  props: IButtonProps & { pressed?: boolean }
): JSX.Element {
  return (
    <button
      type="button"
      className="jp-JobQueue-textButton"
      data-action={props.action}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.label}
    </button>
  );
}

/** A button that shows an icon, with its label as tooltip and accessible name. */
export function IconButton(
  props: IButtonProps & { icon: LabIcon }
): JSX.Element {
  return (
    <button
      type="button"
      className="jp-JobQueue-iconButton"
      data-action={props.action}
      title={props.label}
      aria-label={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <props.icon.react tag={null} />
    </button>
  );
}
