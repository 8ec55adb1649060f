/* For drivers that include the kit's headers by name: all of it is in one. */
#include <ndis.h>
