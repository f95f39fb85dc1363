import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IconButton, TextButton } from '../components/buttons';
import type { ILog, Stream } from '../tokens';

/** A job's output, both streams, with a button to read it again. */
export function LogView(props: {
  read: (stream: Stream) => Promise<ILog>;
  trans: TranslationBundle;
}): JSX.Element {
  const { read, trans } = props;
  const [stream, setStream] = React.useState<Stream>('stderr');
  const [text, setText] = React.useState<string | null>(null);
  const [path, setPath] = React.useState('');
  const load = React.useCallback(async () => {
    try {
      const log = await read(stream);
      setText(log.text);
      setPath(log.path);
    } catch (error) {
      setText((error as Error).message);
    }
  }, [read, stream]);
  React.useEffect(() => void load(), [load]);
  return (
    <div className="jp-JobQueue-scriptView">
      <div className="jp-JobQueue-command">
        {(['stderr', 'stdout'] as const).map(each => (
          <TextButton
            key={each}
            action={each}
            label={each}
            pressed={stream === each}
            onClick={() => setStream(each)}
          />
        ))}
        <code title={path}>{path}</code>
        <IconButton
          action="read"
          label={trans.__('Read again')}
          icon={refreshIcon}
          onClick={() => void load()}
        />
      </div>
      <pre className="jp-JobQueue-script" tabIndex={0}>
        {text === '' ? trans.__('Nothing written yet.') : text}
      </pre>
    </div>
  );
}
