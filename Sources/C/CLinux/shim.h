// The Linux system calls that Swift's Glibc module leaves out.
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

// prctl is variadic, which Swift cannot call.
static inline int clinux_set_thread_name(const char *name) {
  return prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Also closes most of /proc to other processes of the same user.
static inline int clinux_forbid_dumps(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Where the machine code of the program itself lies; the linker defines both names.
extern const char __executable_start, etext;
static inline const void *clinux_program_start(void) { return &__executable_start; }
static inline const void *clinux_program_text_end(void) { return &etext; }
