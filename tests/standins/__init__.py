"""Stand-in commands for batch systems that cannot be installed here.

They start real processes and speak the recorded dialects. One engine (`engine`) under one thin face
for each system (`pbs`, `torque`, `lsf`, `moab`); `install` puts a face on PATH.
"""
