"""Hub access. `download` is child process 1; `token` and `lock` are read by the serving process."""
