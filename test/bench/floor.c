/*
 * The floor of the bench: what the kernel itself charges for the numbers. Opens the files named on standard input (one
 * path a line; "perf <cgroup directory>" opens a group of software events on each online CPU), re-reads all of them
 * once an interval with pread and read, and prints the CPU time of each round in milliseconds. It parses nothing and
 * stores nothing.
 *
 * usage: floor <interval ms> <rounds> <event> [<event> ...]     events: PERF_TYPE_SOFTWARE config numbers
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int *files, *groups;
static size_t file_count, group_count, capacity = 1 << 20;

static int open_group(const char *directory, int cpu, int events, char **configs) {
  int cgroup = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), leader = -1;
  if (cgroup < 0) return -1;
  for (int i = 0; i < events; i++) {
    struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = strtoull(configs[i], 0, 0)};
    attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    attr.disabled = leader < 0;
    int fd = syscall(SYS_perf_event_open, &attr, cgroup, cpu, leader, PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) { perror("perf_event_open"); exit(1); }
    if (leader < 0) leader = fd;
  }
  ioctl(leader, PERF_EVENT_IOC_ENABLE, 0);
  close(cgroup);
  return leader;
}

static double cpu_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  long interval_ms = atol(argv[1]), rounds = atol(argv[2]), cpus = sysconf(_SC_NPROCESSORS_ONLN);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  struct rlimit higher = {1 << 20, 1 << 20};
  limit.rlim_cur = limit.rlim_max;
  /* Only root may raise the hard limit. */
  if (setrlimit(RLIMIT_NOFILE, &higher) < 0) setrlimit(RLIMIT_NOFILE, &limit);
  files = calloc(capacity, sizeof *files);
  groups = calloc(capacity, sizeof *groups);
  static char line[8192], buffer[1 << 16];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "perf ", 5) == 0) {
      for (long cpu = 0; cpu < cpus; cpu++) groups[group_count++] = open_group(line + 5, cpu, argc - 3, argv + 3);
    } else {
      int fd = open(line, O_RDONLY | O_CLOEXEC);
      if (fd < 0) { fprintf(stderr, "%s: %s\n", line, strerror(errno)); return 1; }
      files[file_count++] = fd;
    }
  }
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (long round = 0; round < rounds; round++) {
    double before = cpu_ms();
    for (size_t i = 0; i < file_count; i++) (void)!pread(files[i], buffer, sizeof buffer, 0);
    for (size_t i = 0; i < group_count; i++) (void)!read(groups[i], buffer, sizeof buffer);
    printf("%.4f\n", cpu_ms() - before);
    fflush(stdout);
    next.tv_nsec += interval_ms * 1000000L;
    while (next.tv_nsec >= 1000000000L) { next.tv_nsec -= 1000000000L; next.tv_sec++; }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, 0);
  }
  return 0;
}
