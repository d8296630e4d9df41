/* striate.h compiles alone as C11, and a C program can call the library. */
#include <stdio.h>

#include "striate/striate.h"

int main(void) {
  char text[256];
  const int64_t length = striate_describe(text, (int64_t)sizeof text);
  if (striate_abi_version() != STRIATE_ABI_VERSION || length <= 0) return 1;
  printf("ABI %d, %s\n", (int)striate_abi_version(), text);
  return sizeof(striate_error) == 512 && striate_kernel_tiles(NULL) == 0 ? 0 : 1;
}
