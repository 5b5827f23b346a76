/*
 * The floor of the allocation bench: what the kernel itself charges for writing values into control files. Reads lines
 * "path<TAB>text" from standard input, then writes each text once, by open, write and close, and prints the CPU time and
 * the wall time of all of them in milliseconds. With --safe it reads what was there before, and what is there after, as
 * anybody must who wants to put it back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double clock_ms(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  int safe = argc > 1 && !strcmp(argv[1], "--safe");
  char was[4096];
  char **paths = NULL, **texts = NULL, *line = NULL;
  size_t count = 0, size = 0;
  while (getline(&line, &size, stdin) > 0) {
    line[strcspn(line, "\n")] = 0;
    char *tab = strchr(line, '\t');
    if (!tab) return 2;
    *tab = 0;
    paths = realloc(paths, (count + 1) * sizeof *paths);
    texts = realloc(texts, (count + 1) * sizeof *texts);
    paths[count] = strdup(line);
    texts[count++] = strdup(tab + 1);
  }
  double cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID), wall = clock_ms(CLOCK_MONOTONIC);
  for (size_t i = 0; i < count; i++) {
    int fd = open(paths[i], (safe ? O_RDWR : O_WRONLY) | O_CLOEXEC);
    if (fd < 0 || (safe && pread(fd, was, sizeof was, 0) < 0) || write(fd, texts[i], strlen(texts[i])) < 0 ||
        (safe && pread(fd, was, sizeof was, 0) < 0)) {
      perror(paths[i]);
      return 1;
    }
    close(fd);
  }
  printf("%.3f %.3f\n", clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu, clock_ms(CLOCK_MONOTONIC) - wall);
  return 0;
}
