/* SPDX-License-Identifier: Apache-2.0 */
/* The text that names a device, as IT writes it into the configuration. */
#include "drivers/port/port_uri.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct port_uri uri;
    struct errmsg err = ERRMSG_INIT;

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (port_uri_parse(text, &uri, &err) == ST_OK) {
        assert(uri.path[0] && strlen(uri.path) < sizeof uri.path);
        assert(uri.path[0] == '/' || uri.host[0] || strcmp(uri.scheme, "usb") == 0);
        assert(uri.scheme[0] && strlen(uri.scheme) < sizeof uri.scheme);
        assert(uri.baud >= PORT_BAUD_MIN && uri.baud <= PORT_BAUD_MAX);
        assert((uri.bits == 7 || uri.bits == 8) && (uri.stop == 1 || uri.stop == 2));
        assert(uri.parity <= PORT_PARITY_ODD && uri.flow <= PORT_FLOW_XONXOFF);
    } else {
        assert(err.text[0]);
    }
    free(text);
    return 0;
}
