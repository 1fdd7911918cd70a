// What the Vulkan layers here share: finding the next function down the chain when an instance or a device is made. A
// layer defines `own`, which gives its version of a function or NULL, and `begin`, called when an instance is there.
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

static PFN_vkGetInstanceProcAddr next_instance;
static PFN_vkGetDeviceProcAddr next_device;
static VkInstance the_instance;

static void *own(const char *name);
static void begin(void);
VK_LAYER_EXPORT PFN_vkVoidFunction layer_device(VkDevice device, const char *name);

/** A number from the environment, or 0. */
static inline unsigned long long number(const char *variable) {
  const char *value = getenv(variable);
  return value ? strtoull(value, 0, 0) : 0;
}

static VkResult make_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *calls, VkInstance *made) {
  VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)info->pNext;
  while (link && !(link->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO))
    link = (VkLayerInstanceCreateInfo *)link->pNext;
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  next_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  VkResult result = ((PFN_vkCreateInstance)next_instance(NULL, "vkCreateInstance"))(info, calls, made);
  if (result != VK_SUCCESS) return result;
  the_instance = *made;
  begin();
  return result;
}

static VkResult make_device(VkPhysicalDevice card, const VkDeviceCreateInfo *info, const VkAllocationCallbacks *calls, VkDevice *made) {
  VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)info->pNext;
  while (link && !(link->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO))
    link = (VkLayerDeviceCreateInfo *)link->pNext;
  if (!link) return VK_ERROR_INITIALIZATION_FAILED;
  PFN_vkGetInstanceProcAddr next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  next_device = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  return ((PFN_vkCreateDevice)next(the_instance, "vkCreateDevice"))(card, info, calls, made);
}

VK_LAYER_EXPORT PFN_vkVoidFunction layer_instance(VkInstance instance, const char *name) {
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (PFN_vkVoidFunction)layer_instance;
  if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)layer_device;
  if (!strcmp(name, "vkCreateInstance")) return (PFN_vkVoidFunction)make_instance;
  if (!strcmp(name, "vkCreateDevice")) return (PFN_vkVoidFunction)make_device;
  void *function = own(name);
  if (function) return (PFN_vkVoidFunction)function;
  return next_instance && instance ? next_instance(instance, name) : NULL;
}

VK_LAYER_EXPORT PFN_vkVoidFunction layer_device(VkDevice device, const char *name) {
  if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)layer_device;
  void *function = own(name);
  if (function) return (PFN_vkVoidFunction)function;
  return next_device ? next_device(device, name) : NULL;
}
