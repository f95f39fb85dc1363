"""The page in the place of a dashboard that cannot be shown."""

from __future__ import annotations

from html import escape

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>No dashboard</title>
<style>
body {{ margin: 3em auto; max-width: 34em; padding: 0 1em; font: 14px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.3em; }}
p {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<main>
<h1>No dashboard</h1>
<p>Reason: {reason}.</p>
<p>The dashboard of a cluster ends with it. The panel of JupyterLab lists the clusters that run.</p>
</main>
</body>
</html>
"""


def no_dashboard(reason: str) -> str:
    """Return an HTML page that says why there is no dashboard.

    Parameters
    ----------
    reason : str
        Text for people, which may have any characters.
    """
    return PAGE.format(reason=escape(reason))
