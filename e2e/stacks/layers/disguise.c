// Makes a driver on the processor look like an integrated graphics card of CARD_VENDOR and CARD_DEVICE, so that a browser
// takes the path and the flags of a card; CARD_BUFFERS, CARD_MEMORY, CARD_THREADS and CARD_BINDING lower its limits.
#include "layer.h"

static PFN_vkGetPhysicalDeviceProperties next_properties;
static PFN_vkGetPhysicalDeviceProperties2 next_properties2;

static void begin(void) {
  next_properties = (PFN_vkGetPhysicalDeviceProperties)next_instance(the_instance, "vkGetPhysicalDeviceProperties");
  void *next = next_instance(the_instance, "vkGetPhysicalDeviceProperties2");
  if (!next) next = next_instance(the_instance, "vkGetPhysicalDeviceProperties2KHR");
  next_properties2 = (PFN_vkGetPhysicalDeviceProperties2)next;
}

static void lower(uint32_t *limit, const char *variable) {
  unsigned long long most = number(variable);
  if (most && *limit > most) *limit = (uint32_t)most;
}

static void disguise(VkPhysicalDeviceProperties *card) {
  card->deviceType = VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU;
  card->vendorID = (uint32_t)number("CARD_VENDOR");
  card->deviceID = (uint32_t)number("CARD_DEVICE");
  strcpy(card->deviceName, "disguised");
  lower(&card->limits.maxPerStageDescriptorStorageBuffers, "CARD_BUFFERS");
  lower(&card->limits.maxComputeSharedMemorySize, "CARD_MEMORY");
  lower(&card->limits.maxComputeWorkGroupInvocations, "CARD_THREADS");
  lower(&card->limits.maxStorageBufferRange, "CARD_BINDING");
  for (int i = 0; i < 3; i++) lower(&card->limits.maxComputeWorkGroupSize[i], "CARD_THREADS");
}

static void properties(VkPhysicalDevice card, VkPhysicalDeviceProperties *found) {
  next_properties(card, found);
  disguise(found);
}

static void properties2(VkPhysicalDevice card, VkPhysicalDeviceProperties2 *found) {
  next_properties2(card, found);
  disguise(&found->properties);
  for (VkBaseOutStructure *more = found->pNext; more; more = more->pNext) {
    // The driver's name is the other place where SwiftShader is looked for.
    if (more->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES) {
      VkPhysicalDeviceDriverProperties *driver = (void *)more;
      driver->driverID = VK_DRIVER_ID_INTEL_OPEN_SOURCE_MESA;
      strcpy(driver->driverName, "disguised");
    }
    if (more->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES) {
      VkPhysicalDeviceVulkan12Properties *driver = (void *)more;
      driver->driverID = VK_DRIVER_ID_INTEL_OPEN_SOURCE_MESA;
      strcpy(driver->driverName, "disguised");
    }
  }
}

static void *own(const char *name) {
  if (!strcmp(name, "vkGetPhysicalDeviceProperties")) return (void *)properties;
  if (!strncmp(name, "vkGetPhysicalDeviceProperties2", 30)) return (void *)properties2;
  return NULL;
}
