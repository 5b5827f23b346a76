/*
 * slow-wire A B DELAY_MS LOSS_PERCENT: carries Ethernet frames between two interfaces of this network namespace, each
 * DELAY_MS late, and drops LOSS_PERCENT of them at random. What netem does, for kernels without it. Says "ready" when
 * it carries; ends with its parent.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The largest frame with segmentation left to the receiver. */
#define MAX_FRAME (sizeof(struct virtio_net_hdr) + 14 + 65536)
/* Frames on their way in one direction; more are dropped, as a full queue does. */
#define MAX_QUEUED 4096

struct frame {
  struct frame *next;
  long long due_ns;
  size_t size;
  unsigned char bytes[];
};

struct direction {
  int from, to, queued;
  struct frame *first, *last;
};

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_interface(const char *name) {
  const int on = 1, room = 8 << 20;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("socket");
  /* Checksums that are not made yet and segments that are not cut yet travel as notes before the frame. */
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on)) fail("PACKET_VNET_HDR");
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on)) fail("PACKET_IGNORE_OUTGOING");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  address.sll_ifindex = (int)if_nametoindex(name);
  if (address.sll_ifindex == 0) fail(name);
  if (bind(fd, (struct sockaddr *)&address, sizeof address)) fail("bind");
  return fd;
}

static void take(struct direction *way, long long delay_ns, double loss) {
  static unsigned char buffer[MAX_FRAME];
  for (;;) {
    ssize_t size = read(way->from, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return; /* nothing more, or the interface is down */
    if (drand48() < loss || way->queued >= MAX_QUEUED) continue;
    struct frame *frame = malloc(sizeof *frame + (size_t)size);
    if (frame == NULL) fail("malloc");
    frame->next = NULL;
    frame->due_ns = now_ns() + delay_ns;
    frame->size = (size_t)size;
    memcpy(frame->bytes, buffer, (size_t)size);
    if (way->first == NULL) way->first = frame;
    else way->last->next = frame;
    way->last = frame;
    way->queued += 1;
  }
}

/* Sends what is due; returns when the next one is, -1 when there is none. */
static long long give(struct direction *way) {
  while (way->first != NULL && way->first->due_ns <= now_ns()) {
    struct frame *frame = way->first;
    way->first = frame->next;
    way->queued -= 1;
    /* A frame that an interface does not take is lost, like any other. */
    if (write(way->to, frame->bytes, frame->size) < 0) errno = 0;
    free(frame);
  }
  return way->first == NULL ? -1 : way->first->due_ns;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const long long delay_ns = atoll(argv[3]) * 1000000LL;
  const double loss = atof(argv[4]) / 100;
  srand48(getpid());
  int a = open_interface(argv[1]), b = open_interface(argv[2]);
  struct direction ways[2] = {{.from = a, .to = b}, {.from = b, .to = a}};
  puts("ready");
  fflush(stdout);
  for (;;) {
    long long wake_ns = -1;
    for (int i = 0; i < 2; i++) {
      long long due_ns = give(&ways[i]);
      if (due_ns >= 0 && (wake_ns < 0 || due_ns < wake_ns)) wake_ns = due_ns;
    }
    long long wait_ns = wake_ns < 0 ? 1000000000LL : wake_ns - now_ns();
    if (wait_ns < 0) wait_ns = 0;
    struct timespec wait = {wait_ns / 1000000000LL, wait_ns % 1000000000LL};
    struct pollfd fds[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    if (ppoll(fds, 2, &wait, NULL) < 0 && errno != EINTR) fail("ppoll");
    for (int i = 0; i < 2; i++) take(&ways[i], delay_ns, loss);
  }
}
