import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ILog, Stream } from '../api/types';
import { IconButton, TextButton } from '../components/buttons';

const STREAMS: Stream[] = ['stderr', 'stdout'];

/** Load a log, again when another stream is chosen; an error is shown in place of the text. */
function useLog(read: (stream: Stream) => Promise<ILog>, stream: Stream) {
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
  return { text, path, load };
}

/** The output of a job: one of its streams, and buttons to choose the other and to reload. */
export function JobLog(props: {
  read: (stream: Stream) => Promise<ILog>;
  trans: TranslationBundle;
}): JSX.Element {
  const { read, trans } = props;
  const [stream, setStream] = React.useState<Stream>('stderr');
  const { text, path, load } = useLog(read, stream);
  return (
    <div className="jp-JobQueue-scriptView">
      <div className="jp-JobQueue-command">
        <Streams chosen={stream} onChoose={setStream} />
        <code title={path}>{path}</code>
        <IconButton
          action="reload"
          label={trans.__('Reload')}
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

function Streams(props: {
  chosen: Stream;
  onChoose: (stream: Stream) => void;
}): JSX.Element {
  return (
    <>
      {STREAMS.map(stream => (
        <TextButton
          key={stream}
          action={stream}
          label={stream}
          pressed={stream === props.chosen}
          onClick={() => props.onChoose(stream)}
        />
      ))}
    </>
  );
}
