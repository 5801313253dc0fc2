/* Preloaded into redis-server: shifts its wall clock, never the monotonic one, by the seconds that the file named in
 * TOCSIN_TEST_CLOCK_FILE holds. The file is read again at most every tenth of a second. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
  static _Thread_local long seconds, read_at = -1;
  struct timespec m;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &m);
  long tenth = m.tv_sec * 10 + m.tv_nsec / 100000000;
  if (tenth != read_at) {
    char text[32] = {0};
    const char *file = getenv("TOCSIN_TEST_CLOCK_FILE");
    int fd = file ? (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY) : -1;
    read_at = tenth;
    if (fd >= 0) {
      if (syscall(SYS_read, fd, text, sizeof text - 1) > 0) seconds = atol(text);
      syscall(SYS_close, fd);
    }
  }
  return seconds;
}

int clock_gettime(clockid_t id, struct timespec *t) {
  int r = (int)syscall(SYS_clock_gettime, id, t);
  if (r == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += shift();
  return r;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
