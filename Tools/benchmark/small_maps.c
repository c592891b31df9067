// Preloaded under valgrind, which has no room for the address space that a log reserves and says
// so with the wrong error: refuses large maps as the system would, and Rapport asks for less.

#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const size_t most = (size_t)8 << 30;

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  if (size > most) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  return mmap(address, size, protection, flags, file, offset);
}
