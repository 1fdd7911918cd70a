// A card of HEAP_MIB MiB: allocations that would go beyond it in all fail as they do on a card that is full.
#include <pthread.h>

#include "layer.h"

enum { MOST = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { VkDeviceMemory memory; VkDeviceSize size; } held[MOST];
static VkDeviceSize used;

static VkResult allocate(VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *calls, VkDeviceMemory *made) {
  PFN_vkAllocateMemory next = (PFN_vkAllocateMemory)next_device(device, "vkAllocateMemory");
  VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
  pthread_mutex_lock(&lock);
  if (used + info->allocationSize <= number("HEAP_MIB") << 20) result = next(device, info, calls, made);
  for (int i = 0; result == VK_SUCCESS && i < MOST; i++) {
    if (held[i].memory) continue;
    held[i].memory = *made;
    held[i].size = info->allocationSize;
    used += info->allocationSize;
    break;
  }
  pthread_mutex_unlock(&lock);
  return result;
}

static void release(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *calls) {
  pthread_mutex_lock(&lock);
  for (int i = 0; memory && i < MOST; i++) {
    if (held[i].memory != memory) continue;
    used -= held[i].size;
    held[i].memory = VK_NULL_HANDLE;
    break;
  }
  pthread_mutex_unlock(&lock);
  ((PFN_vkFreeMemory)next_device(device, "vkFreeMemory"))(device, memory, calls);
}

static void *own(const char *name) {
  if (!strcmp(name, "vkAllocateMemory")) return (void *)allocate;
  if (!strcmp(name, "vkFreeMemory")) return (void *)release;
  return NULL;
}

static void begin(void) {}
