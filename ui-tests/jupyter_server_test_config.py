"""JupyterLab of the browser tests: Galata's helpers, but with token and XSRF check as always."""

from jupyterlab.galata import configure_jupyter_server

c = get_config()  # noqa: F821

configure_jupyter_server(c)
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = 0
c.ServerApp.allow_root = True
c.ServerApp.jpserver_extensions = {"jupyterlab": True, "jupyter_jobqueue": True}
c.ServerApp.disable_check_xsrf = False
# Galata removes the token; without a value of ours the server makes a random one.
del c.IdentityProvider.token
