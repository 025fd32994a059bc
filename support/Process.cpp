#include "support/Process.h"

#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

void agon::support::prepareProcess() {
  for (int stream = 0; stream <= 2; ++stream)
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF)
      (void)open("/dev/null", O_RDWR); // the lowest number that is free: this one
  signal(SIGXFSZ, SIG_IGN);
}
