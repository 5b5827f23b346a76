/*
 * A program whose consumption is known. It says "ready", acts when a line comes on stdin, says "done", and stays (so
 * that its memory and its cgroup stay) until stdin ends. Each further line makes it act again.
 *   workload spin MS       burns CPU time: MS milliseconds of its own
 *   workload touch PAGES   touches so many new pages, one fault each (no huge pages)
 *   workload mix PAGES     touches so many new pages, then burns 2 s of CPU time
 *   workload count N       runs a loop of N times 2 instructions
 *   workload read MB       writes a file of so many MB in the working folder once, then reads it again and again
 *   workload stall PAGES   touches so many new pages and from then on looks at one after the other; says "done US", the
 *                          longest time in microseconds that a look took since the last time
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void spin(long ms)
{
    double end = cpu_seconds() + ms / 1e3;
    while (cpu_seconds() < end)
        for (volatile int i = 0; i < 10000; i++) {}
}

static char *touch(long pages)
{
    size_t size = sysconf(_SC_PAGESIZE), length = pages * size;
    char *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) { perror("mmap"); exit(1); }
    madvise(p, length, MADV_NOHUGEPAGE);
    for (size_t at = 0; at < length; at += size) p[at] = 1;
    return p;
}

static char *looked_at;
static long looked_pages;
static _Atomic long longest_us;

static long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void *look(void *unused)
{
    size_t size = sysconf(_SC_PAGESIZE);
    for (long last = now_us();;) {
        for (long i = 0; i < looked_pages; i++) {
            looked_at[i * size]++;
            if (i % 16) continue;
            long now = now_us();
            if (now - last > longest_us) longest_us = now - last;
            last = now;
        }
    }
    return unused;
}

static long stall(long pages)
{
    if (looked_at) return atomic_exchange(&longest_us, 0);
    looked_at = touch(pages);
    looked_pages = pages;
    pthread_t thread;
    if (pthread_create(&thread, NULL, look, NULL)) exit(1);
    return 0;
}

static void count(uint64_t n)
{
#if defined(__aarch64__)
    __asm__ volatile("1: subs %0, %0, #1\n b.ne 1b" : "+r"(n) : : "cc");
#elif defined(__x86_64__)
    __asm__ volatile("1: dec %0\n jnz 1b" : "+r"(n) : : "cc");
#else
#error "no loop for this machine"
#endif
}

static void read_file(long mb)
{
    static char block[1 << 20];
    static int fd = -1;
    if (fd < 0) {
        fd = open("wca-workload", O_RDWR | O_CREAT | O_TRUNC, 0600);
        unlink("wca-workload");
        for (long i = 0; i < mb; i++)
            if (write(fd, block, sizeof block) != sizeof block) { perror("write"); exit(1); }
        fsync(fd);
    }
    lseek(fd, 0, SEEK_SET);
    while (read(fd, block, sizeof block) > 0) {}
}

int main(int argc, char **argv)
{
    char line[64];
    if (argc != 3) return 2;
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        long n = atol(argv[2]);
        if (!strcmp(argv[1], "spin")) spin(n);
        else if (!strcmp(argv[1], "touch")) touch(n);
        else if (!strcmp(argv[1], "mix")) { touch(n); spin(2000); }
        else if (!strcmp(argv[1], "count")) count(n);
        else if (!strcmp(argv[1], "read")) read_file(n);
        else if (!strcmp(argv[1], "stall")) { printf("done %ld\n", stall(n)); fflush(stdout); continue; }
        else return 2;
        puts("done");
        fflush(stdout);
    }
    return 0;
}
