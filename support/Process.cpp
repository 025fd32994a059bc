#include "support/Process.h"

#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

void agon::support::prepareProcess() {
  for (int stream = 0; stream <= STDERR_FILENO; ++stream)
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF)
      // The lowest number that is free: this one.
      (void)open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  signal(SIGXFSZ, SIG_IGN);
}

bool agon::support::hasStandardOutput() {
  int flags = fcntl(STDOUT_FILENO, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}
